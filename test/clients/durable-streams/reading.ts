/**
 * The groups of the public tests that read, each with the tests in it that do not apply. Those write (sequence numbers, headers of PUT
 * and POST), read with `live=sse`, which a channel refuses, or ask for CORS, which is the application's. Groups that are not here
 * write: creation, appends, expiry, producers, forks, subscriptions.
 */
export const READING: Readonly<Record<string, RegExp | undefined>> = {
  'Read Operations': undefined,
  'Long-Poll Operations': undefined,
  'HTTP Protocol': /PUT|POST|DELETE|seq|Sequence/,
  'Browser Security Headers': /PUT|POST|SSE/,
  'HEAD Metadata': undefined,
  'Offset Validation and Resumability': /SSE mode|SSE on empty/,
  'Protocol Edge Cases': /PUT|POST|seq|Location/,
  'Long-Poll Edge Cases': undefined,
  'Caching and ETag': /preflight/,
  'Chunking and Large Payloads': undefined,
  'Read-Your-Writes Consistency': undefined,
  'JSON Mode': undefined,
  'Byte-Exactness Property': undefined,
  'Operation Sequence Properties': undefined,
  'Immutability Properties': undefined,
  'Offset Validation Properties': undefined,
  'HEAD with Stream Closure': undefined,
  'Read Closed Streams (Catch-up)': undefined,
  'Long-poll with Stream Closure': undefined,
}

/** One result of the public tests. */
export interface Result {
  readonly title: string
  readonly ancestorTitles: readonly string[]
  readonly status: string
  readonly failureMessages: readonly string[]
}

/** Whether a test is one of reading. */
export function applies({ title, ancestorTitles }: Result): boolean {
  const group = ancestorTitles.at(-1)!
  return group in READING && !READING[group]?.test(title)
}
