import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { asExpression, type Engine, endWithUs, lineOf, type Page } from './engine.ts'

/** Firefox speaks WebDriver BiDi by itself: commands as JSON over a web socket. */
export const firefoxEngine: Engine = {
  name: 'Firefox',
  binary: process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr',
  packages: 'firefox-esr',
  keepsStreamingPages: false,
  hasProcessPerTab: true,
  cutsBeforePagehide: false,
  encodesHeadersTwice: false,
  storesIdsWithoutData: false,
  async open() {
    const profile = await mkdtemp(join(tmpdir(), 'firefox-'))
    await writeFile(join(profile, 'user.js'), preferences)
    const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0']
    const browser = spawn(this.binary, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    endWithUs(browser)
    const exit = once(browser, 'exit')
    const [, url] = await lineOf(createInterface({ input: browser.stderr }), /BiDi listening on (ws:\S+)/, 'Firefox')
    const send = await connect(`${url}/session`)
    await send('session.new', { capabilities: {} })
    const { contexts } = await send('browsingContext.getTree', {})
    const pageOf = (context: string, close: () => Promise<void>): Page => ({
      goto: async (url) => {
        await send('browsingContext.navigate', { context, url, wait: 'complete' })
      },
      async run(body) {
        const params = { expression: asExpression(body), target: { context }, awaitPromise: true }
        const { type, result, exceptionDetails } = await send('script.evaluate', params)
        if (type === 'exception') throw new Error(exceptionDetails.text)
        return JSON.parse(result.value)
      },
      async tab() {
        const { context } = await send('browsingContext.create', { type: 'tab' })
        return pageOf(context, () => send('browsingContext.close', { context }))
      },
      close,
    })
    return pageOf(contexts[0].context, async () => {
      browser.kill()
      await exit
      await rm(profile, { recursive: true, force: true, maxRetries: 10 })
    })
  },
}

/** Nothing that goes to the network by itself. */
const preferences = [
  ['app.update.enabled', false],
  ['browser.shell.checkDefaultBrowser', false],
  ['datareporting.policy.dataSubmissionEnabled', false],
  ['network.captive-portal-service.enabled', false],
  ['network.connectivity-service.enabled', false],
  ['services.settings.server', 'http://127.0.0.1:9/'],
  ['toolkit.telemetry.server', 'http://127.0.0.1:9/'],
]
  .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
  .join('')

async function connect(url: string): Promise<(method: string, params: object) => Promise<any>> {
  const socket = new WebSocket(url)
  const waiting = new Map<number, PromiseWithResolvers<any>>()
  socket.onmessage = ({ data }) => {
    const { id, type, result, message } = JSON.parse(data)
    const command = waiting.get(id)
    if (type === 'error') command?.reject(new Error(message))
    else command?.resolve(result)
    waiting.delete(id)
  }
  await once(socket, 'open')
  let last = 0
  return (method, params) => {
    const command = Promise.withResolvers<any>()
    const id = ++last
    waiting.set(id, command)
    socket.send(JSON.stringify({ id, method, params }))
    return command.promise
  }
}
