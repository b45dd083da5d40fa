import { expect } from 'vitest'
import type { Message } from '../../src/index.ts'
import { fromCursor } from '../../src/server/log.ts'

/** What a position stood for, by whomever it was seen: it must never stand for anything else. */
export type Contents = Map<string, string>

/**
 * Holds what one client was given against the promise: positions without a hole and without a repetition, or a gap that says so;
 * another epoch only after a gap. Returns the reasons of the gaps.
 */
export function checkTold(messages: readonly Message[], contents: Contents): string[] {
  const gaps: string[] = []
  let position: { epoch: string; sequence: number } | undefined
  for (const { type, data, id } of messages) {
    const at = fromCursor(id)!
    if (type === 'sse:gap') {
      gaps.push(JSON.parse(data).reason)
      position = at
    } else if (type === 'sse:cursor') {
      if (position !== undefined) expect(at).toEqual(position)
      position = at
    } else {
      expect(at).toEqual({ epoch: position!.epoch, sequence: position!.sequence + 1 })
      position = at
      expect(contents.get(id) ?? data).toBe(data)
      contents.set(id, data)
    }
  }
  return gaps
}
