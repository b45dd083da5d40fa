import { drawRetry, type RetryRange } from '../stream/settings.ts'
import type { Stream } from '../stream/stream.ts'

/** Milliseconds between two checks whether the next streams are due. */
const ROUND = 20

/** Ends streams one after another over a window, each with its own reconnection time. Calls back before each; resolves after the last. */
export async function closeStreams(
  streams: readonly Stream[],
  spread: number,
  retry: number | RetryRange,
  ending: (stream: Stream) => void,
): Promise<void> {
  const start = performance.now()
  for (const [index, stream] of streams.entries()) {
    const due = start + (spread * index) / streams.length
    while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, ROUND))
    ending(stream)
    stream.close({ retry: drawRetry(retry) })
  }
}
