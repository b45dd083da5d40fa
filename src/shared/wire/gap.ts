/**
 * Why events were missed. The history does not cover the cursor: it was `trimmed`, is of another life of the log (`epoch`), lies
 * `ahead` of the newest event, or is not a cursor (`malformed`); or the reader was too `slow` for it.
 *
 * @example
 * import { type GapReason, subscribe } from 'eventwire/client'
 * import { createTestServer } from 'eventwire/testing'
 *
 * const wordsFor = (reason: GapReason) => (reason === 'slow' ? 'you fell behind' : 'you were away for too long')
 * const server = createTestServer()
 * using subscription = subscribe<{ message: string }>('https://example.com/events', { fetch: server.fetch })
 * subscription.onGap(({ reason }) => console.log(reason, wordsFor(reason))) // -> epoch you were away for too long
 * const connection = await server.connection()
 * connection.gap('epoch', 'k3x9q1.2a')
 * connection.send('message', 'hello')
 * await subscription.once('message')
 */
export type GapReason = 'trimmed' | 'epoch' | 'ahead' | 'malformed' | 'slow'

/**
 * The server cannot continue from the cursor: events are missing before the next one.
 *
 * @example
 * import { type Gap, subscribe } from 'eventwire/client'
 * import { createTestServer } from 'eventwire/testing'
 *
 * const reload = ({ reason, id }: Gap) => console.log(reason, id) // -> trimmed k3x9q1.2a
 * const server = createTestServer()
 * using subscription = subscribe<{ message: string }>('https://example.com/events', { fetch: server.fetch })
 * subscription.onGap(reload)
 * const connection = await server.connection()
 * connection.gap('trimmed', 'k3x9q1.2a')
 * connection.send('message', 'here we go on')
 * await subscription.once('message')
 */
export interface Gap {
  /** Why. */
  readonly reason: GapReason
  /** The oldest cursor that the server still has. */
  readonly oldest?: string | undefined
  /** The position at which reading continues. */
  readonly id: string
}
