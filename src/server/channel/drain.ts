import { drawRetry } from '../stream/settings.ts'
import type { Stream } from '../stream/stream.ts'

/** Milliseconds between two rounds of endings. */
const ROUND = 20

/** Ends streams one after another over a window, each with a reconnection time of its own; resolves after the last. */
export async function drain(
  streams: readonly Stream[],
  within: number,
  retry: readonly [min: number, max: number],
): Promise<void> {
  const end = performance.now() + within
  let next = 0
  while (next < streams.length) {
    const left = end - performance.now()
    const rounds = Math.max(1, Math.floor(left / ROUND))
    const share = left <= 0 ? streams.length : Math.ceil((streams.length - next) / rounds)
    for (const stream of streams.slice(next, next + share)) stream.close({ retry: drawRetry(retry) })
    next += share
    if (next < streams.length) await new Promise((resolve) => setTimeout(resolve, Math.min(ROUND, Math.max(0, left))))
  }
}
