import { toBytes } from '../../shared/wire/bytes.ts'
import type { Controls } from '../../shared/wire/encode.ts'

/**
 * Lines that name topics, for the start of a frame. A name with a line break, which only a log of somebody's own can hold, is
 * left out: it would forge a field.
 */
export function topicLines(topics: readonly string[], controls: Controls): Uint8Array {
  const names = [...new Set(topics)].filter((topic) => !/[\r\n]/.test(topic))
  const field = controls === 'comments' ? ': topic:' : 'topic:'
  return toBytes(names.map((topic) => `${field} ${topic}\n`).join(''))
}
