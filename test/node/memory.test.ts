// A client that stops reading while 200 MB are sent costs the server little memory, whatever the caller does.
import { describe, expect, it } from 'vitest'
import { nextMessage, runChild } from './child.ts'
import { RawClient } from './raw-client.ts'

const MIB = 1_048_576
const MAX_BUFFER = 1 * MIB
/** Of resident memory: what waits, and what the engine makes of it. */
const BOUND = MAX_BUFFER + 12 * MIB
/** Of what is referred to: what waits, one event beyond it, and the host's own small buffers. */
const HELD = 2 * MAX_BUFFER

interface Report {
  reason: string
  sent: number
  /** Of the resident memory, at its peak. */
  growth: number
  /** Bytes still referenced when the stream closed: resident memory may hide them in what the engine had reserved. */
  held: number
}

describe('a client that stops reading', () => {
  it.each([
    ['node', 'careless', 'overflow'],
    ['node', 'patient', 'stalled'],
    ['node', 'pipe', 'stalled'],
    ['fetch', 'careless', 'overflow'],
    ['fetch', 'patient', 'stalled'],
    ['fetch', 'pipe', 'stalled'],
  ])('costs little behind the %s sink of a %s caller, and is closed as %s', async (sink, caller, reason) => {
    const { reason: closedAs, sent, growth, held } = await stall(sink, caller)
    const [resident, kept] = [growth, held].map((bytes) => (bytes / MIB).toFixed(1))
    console.log(`${sink} ${caller}: ${resident} MiB, ${kept} MiB held, after ${(sent / 1e6).toFixed(1)} MB`)
    expect(closedAs).toBe(reason)
    expect(sent).toBeLessThan(200_000_000)
    expect(held).toBeLessThan(HELD)
    expect(growth).toBeLessThan(BOUND)
  })
})

/** One server in a process of its own, one client that stops. */
async function stall(sink: string, caller: string): Promise<Report> {
  const child = runChild('stalled-server.ts', [sink, caller])
  const { port } = await nextMessage<{ port: number }>(child)
  for (let count = 0; count < 20; count++)
    await (await RawClient.open(port, ['GET /warm-up HTTP/1.1', 'Connection: close'])).end()
  const reported = nextMessage<Report>(child)
  const client = await RawClient.open(port)
  client.socket.pause()
  const report = await reported
  client.disconnect()
  return report
}
