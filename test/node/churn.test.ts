// After 10,000 clients have come and gone nothing is left of them: no stream, timer, listener or socket.
import { describe, expect, it } from 'vitest'
import { nextMessage, runChild } from './child.ts'
import { RawClient } from './raw-client.ts'

interface Report {
  heap: number
  alive: number
  handles: Record<string, number>
  reasons: Record<string, number>
}

async function comeAndGo(port: number): Promise<void> {
  const client = await RawClient.open(port)
  await client.until('"hi"')
  client.disconnect()
}

async function churn(port: number, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 100) {
    await Promise.all(Array.from({ length: 100 }, () => comeAndGo(port)))
  }
}

/** Bytes for each client gone: less than the smallest object. */
const BOUND = 20
const MOST_ROUNDS = 3

describe('10,000 clients that came and went', () => {
  it.each(['node', 'fetch'])('leave nothing behind on the %s sink', async (sink) => {
    const child = runChild('churn-server.ts', [sink])
    const { port } = await nextMessage<{ port: number }>(child)
    const report = async (): Promise<Report> => {
      const reported = nextMessage<Report>(child)
      child.send('report')
      return reported
    }
    // The engine itself grows for a while: its feedback and its code.
    await churn(port, 10_000)
    let before = await report()
    expect(before.alive).toBe(0)
    let growth = Number.POSITIVE_INFINITY
    let rounds = 0
    // A leak grows in every round; memory that the engine allocates once does not.
    while (growth >= BOUND && rounds < MOST_ROUNDS) {
      rounds++
      await churn(port, 10_000)
      const after = await report()
      growth = (after.heap - before.heap) / 10_000
      console.log(
        `${sink}: ${growth.toFixed(1)} bytes of heap for each client gone, handles ${JSON.stringify(after.handles)}`,
      )
      expect(after.alive).toBe(0)
      expect(after.reasons).toEqual({ client: 10_000 * (rounds + 1) })
      expect(after.handles).toEqual(before.handles)
      before = after
    }
    expect(growth).toBeLessThan(BOUND)
  })
})
