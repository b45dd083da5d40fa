import { expect } from 'vitest'
import type { Message } from '../../src/index.ts'
import { fromCursor } from '../../src/server/log/position.ts'

/** The content that any client has seen at a position: it must never change. */
export type Contents = Map<string, string>

/**
 * Holds what one client was given against the promise: positions without a hole and without a repetition, or a gap that says so;
 * another epoch only after a gap. Returns the reasons of the gaps.
 */
export function checkDelivery(messages: readonly Message[], contents: Contents): string[] {
  const gaps: string[] = []
  let position: { epoch: string; sequence: number } | undefined
  for (const { type, data, id } of messages) {
    const at = fromCursor(id)!
    const step = position?.epoch === at.epoch ? at.sequence - position.sequence : Number.NaN
    const before = position
    const described = () => `${type} ${data} at ${id} after ${before?.epoch}.${before?.sequence.toString(36)}`
    position = at
    if (type === 'sse:gap') gaps.push(JSON.parse(data).reason)
    else if (type === 'sse:cursor') {
      if (before !== undefined && step !== 0) expect.fail(described())
    } else {
      if (step !== 1) expect.fail(described())
      if ((contents.get(id) ?? data) !== data) expect.fail(`${described()}, where ${contents.get(id)} was`)
      contents.set(id, data)
    }
  }
  return gaps
}
