// A client that stops reading while 200 MB are sent costs the server little memory, whatever the caller does.
import { describe, expect, it } from 'vitest'
import { nextMessage, runChild } from './child.ts'
import { RawClient } from './raw-client.ts'

const MIB = 1_048_576
/** `maxBuffer`, and what the engine and the kernel's side of the socket need. */
const BOUND = 1 * MIB + 12 * MIB
/** Resident memory also has what the engine compiles and has not collected yet: it only adds, so the least run counts. */
const MOST_RUNS = 3

interface Report {
  reason: string
  sent: number
  growth: number
}

describe('a client that stops reading', () => {
  it.each([
    ['node', 'careless', 'overflow'],
    ['node', 'patient', 'stalled'],
    ['node', 'pipe', 'stalled'],
    ['fetch', 'careless', 'overflow'],
    ['fetch', 'patient', 'stalled'],
    ['fetch', 'pipe', 'stalled'],
  ])(
    'costs little behind the %s sink of a %s caller, and is closed as %s',
    async (sink, caller, reason) => {
      let least = Number.POSITIVE_INFINITY
      for (let run = 0; run < MOST_RUNS && least >= BOUND; run++) {
        const report = await stall(sink, caller)
        console.log(
          `${sink} ${caller}: ${(report.growth / MIB).toFixed(1)} MiB after ${(report.sent / 1e6).toFixed(1)} MB`,
        )
        expect(report.reason).toBe(reason)
        expect(report.sent).toBeLessThan(200_000_000)
        least = Math.min(least, report.growth)
      }
      expect(least).toBeLessThan(BOUND)
    },
    60_000,
  )
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
  client.leave()
  return report
}
