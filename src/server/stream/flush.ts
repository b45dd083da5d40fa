import { flush } from './internal.ts'
import type { Stream } from './stream.ts'

let waiting: Stream[] = []

/** Flushes at the end of the tick: one microtask, and no closure, for all streams that were sent to. */
export function flushSoon(stream: Stream): void {
  if (waiting.push(stream) === 1) queueMicrotask(flushAll)
}

function flushAll(): void {
  const streams = waiting
  waiting = []
  for (const stream of streams) flush(stream)
}
