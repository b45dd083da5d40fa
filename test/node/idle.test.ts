// An idle stream costs little more than the response that carries it.
import { expect, it } from 'vitest'
import { nextMessage, runChild } from './child.ts'
import { RawClient } from './raw-client.ts'

const CONNECTIONS = 2_000

/** Bytes of heap for each of many idle connections of a server of this kind. */
async function heapEach(kind: string): Promise<number> {
  const child = runChild('idle-server.ts', [kind])
  const { port } = await nextMessage<{ port: number }>(child)
  const connect = async (count: number): Promise<RawClient[]> => {
    const clients: RawClient[] = []
    while (clients.length < count) clients.push(...(await Promise.all(Array.from({ length: 100 }, () => open(port)))))
    return clients
  }
  const heap = async (): Promise<number> => {
    const reported = nextMessage<{ heap: number }>(child)
    child.send('report')
    return (await reported).heap
  }
  const clients = await connect(500)
  const before = await heap()
  clients.push(...(await connect(CONNECTIONS)))
  const after = await heap()
  for (const client of clients) client.disconnect()
  child.kill()
  return (after - before) / CONNECTIONS
}

async function open(port: number): Promise<RawClient> {
  const client = await RawClient.open(port)
  await client.until('heartbeat')
  return client
}

it.each([
  ['node', 'bare node', 512],
  ['fetch', 'plain fetch', 1536],
  ['fetch with a request', 'plain fetch with a request', 1536],
])('%s: above %s at most %d bytes', async (kind, floor, bound) => {
  const ours = await heapEach(kind)
  const theirs = await heapEach(floor)
  console.log(
    `${kind}: ${Math.round(ours)} bytes, ${floor}: ${Math.round(theirs)}, above it: ${Math.round(ours - theirs)}`,
  )
  expect(ours - theirs).toBeLessThan(bound)
})
