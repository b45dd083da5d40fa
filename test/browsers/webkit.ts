import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { freePort } from '../free-port.ts'
import { type Engine, endWithUs, lineOf } from './engine.ts'

const BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'

/** WebKitGTK is driven by its WebDriver over HTTP, and needs a display. */
export const webkitEngine: Engine = {
  name: 'WebKitGTK',
  binary: existsSync('/usr/bin/Xvfb') && existsSync(BROWSER) ? '/usr/bin/WebKitWebDriver' : '/usr/bin/Xvfb',
  packages: 'webkit2gtk-driver xvfb',
  keepsStreamingPages: true,
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
    return {
      goto: async (url) => {
        await send('POST', `${session}/url`, { url })
      },
      async run(body) {
        const script = `const done = arguments[0]
          ;(async () => { ${body} })().then(
            (value) => done(JSON.stringify({ value: value ?? null })), (error) => done(JSON.stringify({ error: String(error) })))`
        const { value, error } = JSON.parse(await send('POST', `${session}/execute/async`, { script, args: [] }))
        if (error) throw new Error(error)
        return value
      },
      async close() {
        await send('DELETE', session)
        for (const child of [driver, screen]) {
          const exit = once(child, 'exit')
          child.kill()
          await exit
        }
      },
    }
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
