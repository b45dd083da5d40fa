import { flush } from './internal.ts'

/** Something that has text to write at the end of the tick. */
interface Flushable {
  [flush](): void
}

let waiting: Flushable[] = []

/** Flushes at the end of the tick: one microtask, and no closure, for all streams that were sent to. */
export function flushSoon(stream: Flushable): void {
  if (waiting.push(stream) === 1) queueMicrotask(flushAll)
}

function flushAll(): void {
  const streams = waiting
  waiting = []
  for (const stream of streams) stream[flush]()
}
