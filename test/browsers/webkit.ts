import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { freePort } from '../free-port.ts'
import { type Engine, endWithUs, lineOf, type Page } from './engine.ts'

const BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'

/** WebKitGTK is driven by its WebDriver over HTTP, and needs a display. */
export const webkitEngine: Engine = {
  name: 'WebKitGTK',
  binary: existsSync('/usr/bin/Xvfb') && existsSync(BROWSER) ? '/usr/bin/WebKitWebDriver' : '/usr/bin/Xvfb',
  packages: 'webkit2gtk-driver xvfb',
  keepsStreamingPages: true,
  hasProcessPerTab: false,
  cutsBeforePagehide: true,
  encodesHeadersTwice: true,
  storesIdsWithoutData: false,
  async open() {
    // Xvfb writes the number of the display that it found free.
    const screen = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    endWithUs(screen)
    const [display] = await lineOf(createInterface({ input: screen.stdio[3] as Readable }), /^\d+$/, 'Xvfb')
    const port = await freePort()
    const driver = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
      env: { ...process.env, DISPLAY: `:${display}` },
      stdio: 'ignore',
    })
    endWithUs(driver)
    const send = async (method: string, path: string, body?: object) => {
      const init = body ? { method, body: JSON.stringify(body) } : { method }
      const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
      const { value } = (await response.json()) as any
      if (!response.ok) throw new Error(`${value.error}: ${value.message}`)
      return value
    }
    await answering(() => send('GET', '/status'))
    const { sessionId } = await send('POST', '/session', { capabilities: { alwaysMatch: capabilities } })
    const session = `/session/${sessionId}`
    // One window is driven at a time: a command first selects its own.
    let selected: Promise<unknown> = Promise.resolve()
    const within = <Result>(handle: string, command: () => Promise<Result>): Promise<Result> => {
      const run = async () => {
        await send('POST', `${session}/window`, { handle })
        return command()
      }
      const result = selected.then(run, run)
      selected = result.catch(() => {})
      return result
    }
    const pageOf = (handle: string, close: () => Promise<void>): Page => ({
      goto: (url) => within(handle, () => send('POST', `${session}/url`, { url })),
      async run(body) {
        const script = `const done = arguments[0]
          ;(async () => { ${body} })().then(
            (value) => done(JSON.stringify({ value: value ?? null })), (error) => done(JSON.stringify({ error: String(error) })))`
        const run = () => send('POST', `${session}/execute/async`, { script, args: [] })
        const { value, error } = JSON.parse(await within(handle, run))
        if (error) throw new Error(error)
        return value
      },
      async tab() {
        const created = await within(handle, () => send('POST', `${session}/window/new`, { type: 'tab' }))
        return pageOf(created.handle, () => within(created.handle, () => send('DELETE', `${session}/window`)))
      },
      close,
    })
    return pageOf(await send('GET', `${session}/window`), async () => {
      await send('DELETE', session)
      for (const child of [driver, screen]) {
        const exit = once(child, 'exit')
        child.kill()
        await exit
      }
    })
  },
}

const capabilities = {
  browserName: 'MiniBrowser',
  'webkitgtk:browserOptions': { binary: BROWSER, args: ['--automation'] },
}

async function answering(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await ask()
      return
    } catch (error) {
      if (attempt === 400) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
