// `eventwire demo` serves the ping demo from the package alone.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { events } from '../../examples/ping/events.ts'
import { collectEvents } from '../../src/testing/index.ts'
import { eventually } from '../eventually.ts'
import { freePort } from '../free-port.ts'
import { root } from '../programs.ts'
import { eventwire } from './serve.ts'

async function demo(env: Record<string, string>) {
  const program = await eventwire(['demo'], env)
  const [, url] = await program.line(/^(http:\/\/localhost:\d+)\n$/)
  return { program, url: url! }
}

it('prints one address, where the page of the example is served with its style and its script', async () => {
  const { url } = await demo({ PORT: '0' })
  for (const [path, file] of [
    ['/', 'index.html'],
    ['/native', 'native.html'],
    ['/style.css', 'style.css'],
  ]) {
    expect(await (await fetch(url + path)).text()).toBe(await readFile(`${root}examples/ping/${file}`, 'utf8'))
  }
  const script = await fetch(`${url}/page.js`)
  expect(script.headers.get('Content-Type')).toBe('text/javascript')
  const code = await script.text()
  expect(code).toContain('text/event-stream')
  // A page can import nothing from the package.
  expect(code).not.toMatch(/\bimport\b/)
})

it('sends pings', async () => {
  const { url } = await demo({ PORT: '0' })
  const [ping] = await collectEvents(await fetch(`${url}/sse`), { events, count: 1 })
  expect(ping).toMatchObject({ type: 'ping', data: { time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) } })
})

it('ends with 0 at Ctrl-C', async () => {
  const { program } = await demo({ PORT: '0' })
  expect(await program.stop('SIGINT')).toBe(0)
  expect(program.errors()).toBe('')
})

it('listens on the port that --port names', async () => {
  const port = await freePort()
  const program = await eventwire(['demo', '--port', `${port}`], { PORT: '1' })
  await program.line(new RegExp(`^http://localhost:${port}\\n$`))
})

it('says so when the port is taken or none', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const taken = await eventwire(['demo'], { PORT: String(port) })
  expect(await taken.exited()).toBe(1)
  await eventually(() =>
    expect(taken.errors()).toMatch(
      new RegExp(`^eventwire: listen EADDRINUSE: address already in use :+${port}; give another with --port\n$`),
    ),
  )
  const none = await eventwire(['demo'], { PORT: 'x' })
  expect(await none.exited()).toBe(1)
  await eventually(() => expect(none.errors()).toMatch(/^eventwire: .*port.*\n$/))
})
