// A cursor that filtered events have moved reaches an EventSource without an event, and a final end stops it, in either form.
import { createServer } from 'node:http'
import { EventSource } from 'eventsource'
import { expect, it, onTestFinished } from 'vitest'
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
