// A cursor that filtered events have moved reaches an EventSource without an event, and a final end stops it, in either form.
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { EventSource } from 'eventsource'
import { expect, it, onTestFinished } from 'vitest'
import { root } from '../programs.ts'
import { filteredServer } from '../server/channel/filtered-server.ts'
import { listen } from './listen.ts'

it.each(['events', 'comments'] as const)('of the eventsource package, as %s', async (controls) => {
  const { handle, cursors, head } = filteredServer(controls)
  const source = new EventSource(`http://127.0.0.1:${await listen(createServer(handle))}/`)
  onTestFinished(() => source.close())
  const seen: string[] = []
  for (const name of ['message', 'note', 'sse:gap']) source.addEventListener(name, ({ data }) => seen.push(data))
  await new Promise<void>((resolve) => {
    source.onerror = () => source.readyState === EventSource.CLOSED && resolve()
  })
  expect([seen, cursors]).toEqual([['-1'], [undefined, head(), 'sse:end']])
})

const PROGRAM = `
setInterval(() => {}, 1_000) // waiting to reconnect does not keep Node alive
const source = new EventSource(process.argv[1])
for (const name of ['message', 'note', 'sse:gap']) source.addEventListener(name, ({ data }) => console.log(data))
source.onerror = () => source.readyState === EventSource.CLOSED && process.exit()`

it.each(['events', 'comments'] as const)('of Node itself, as %s', async (controls) => {
  const { handle, cursors, head } = filteredServer(controls)
  const url = `http://127.0.0.1:${await listen(createServer(handle))}/`
  const words = ['--experimental-eventsource', '--no-warnings', '--input-type=module', '-e', PROGRAM, url]
  const { stdout } = await promisify(execFile)(`${root}node_modules/.bin/node`, words, { timeout: 60_000 })
  expect([stdout, cursors]).toEqual(['-1\n', [undefined, head(), 'sse:end']])
})
