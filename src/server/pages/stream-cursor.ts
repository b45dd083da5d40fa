/** The protocol counts intervals of 20 seconds from October 9, 2024. */
const EPOCH = Date.UTC(2024, 9, 9)
const INTERVAL = 20_000
/** The most seconds of jitter. */
const JITTER = 3_600

/**
 * The number of the present interval, greater than that of the client: a cache never has the response to a poll that a client makes
 * anew.
 *
 * @see https://github.com/durable-streams/durable-streams/blob/main/PROTOCOL.md section 10.1
 */
export function streamCursor(client: string | undefined, now: number = Date.now()): string {
  const present = Math.floor((now - EPOCH) / INTERVAL)
  const last = /^\d{1,15}$/.test(client ?? '') ? Number(client) : -1
  if (last < present) return `${present}`
  const jitter = Math.ceil((Math.random() * JITTER * 1_000) / INTERVAL)
  return `${last + Math.max(1, jitter)}`
}
