import { EventwireError, invalidOption, shown } from '../../shared/errors.ts'
import type { Cursor, EventLog, LogEntry } from '../log/event-log.ts'
import { fromCursor, toCursor } from '../log/position.ts'

const PAGE_LENGTH = 128

/**
 * The event store that MCP's Streamable HTTP transport accepts: the type `EventStore` of `@modelcontextprotocol/sdk`, repeated here
 * so that Eventwire does not depend on the package.
 *
 * @example
 * import { createEventStore, type McpEventStore } from 'eventwire/mcp'
 * import { memoryLog } from 'eventwire/server'
 *
 * const store: McpEventStore<{ method?: string }> = createEventStore(memoryLog())
 * const first = await store.storeEvent('request-1', { method: 'notifications/progress' })
 * await store.storeEvent('request-1', { method: 'notifications/message' })
 * const streamId = await store.replayEventsAfter(first, {
 *   send: async (_, { method }) => console.log(method), // -> notifications/message
 * })
 * console.log(streamId) // -> request-1
 */
export interface McpEventStore<Message extends object> {
  /** Appends a message of a stream. Resolves to the id of its event, which is its cursor in the log. */
  storeEvent(streamId: string, message: Message): Promise<Cursor>
  /** Resolves to the stream of an event, or to `undefined` when the log does not have that event. */
  getStreamIdForEventId(eventId: string): Promise<string | undefined>
  /**
   * Sends the messages of the same stream that follow an event, in order, each after the one before. Resolves to the stream's id.
   *
   * @throws {EventwireError} as a rejection: `invalid-field` when the log does not have that event.
   */
  replayEventsAfter(
    lastEventId: string,
    to: { send: (eventId: string, message: Message) => Promise<void> },
  ): Promise<string>
}

/**
 * Creates the event store of an MCP server over any log, so that its clients resume after a disconnect. With SQLite or Redis they
 * resume also after a restart, and with Redis on another machine.
 *
 * Give each session a log of its own: in all sessions, the transport uses the same name, `_GET_stream`, for the stream that a GET opens.
 *
 * @example
 * import { createEventStore } from 'eventwire/mcp'
 * import { memoryLog } from 'eventwire/server'
 *
 * const sessionId = crypto.randomUUID()
 * const options = {
 *   sessionIdGenerator: () => sessionId,
 *   eventStore: createEventStore(memoryLog({ maxEvents: 1_000 })),
 * } // of new StreamableHTTPServerTransport(options)
 * console.log(await options.eventStore.getStreamIdForEventId('never issued')) // -> undefined
 *
 * @throws {EventwireError} `invalid-option` for a log that is not one.
 */
export function createEventStore<Message extends object = object>(log: EventLog): McpEventStore<Message> {
  if (typeof log?.append !== 'function') throw invalidOption('log', log, 'give memoryLog() or another log')
  return new LogEventStore(log)
}

class LogEventStore<Message extends object> implements McpEventStore<Message> {
  readonly #log: EventLog

  constructor(log: EventLog) {
    this.#log = log
  }

  async storeEvent(streamId: string, message: Message): Promise<Cursor> {
    const [cursor] = await this.#log.append([{ type: 'message', data: JSON.stringify(message), topics: [streamId] }])
    return cursor!
  }

  async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    const { epoch, sequence } = fromCursor(eventId) ?? { epoch: '', sequence: 0 }
    if (sequence === 0) return undefined
    const { entries } = await this.#log.read(toCursor(epoch, sequence - 1), 1)
    return entries[0]?.topics?.[0]
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: Message) => Promise<void> },
  ): Promise<string> {
    const streamId = await this.getStreamIdForEventId(lastEventId)
    if (streamId === undefined) throw unknownEvent(lastEventId)
    for (let after = lastEventId; ; ) {
      const { status, entries, next } = await this.#log.read(after, PAGE_LENGTH)
      if (status === 'gap') throw unknownEvent(after)
      if (entries.length === 0) return streamId
      for (const entry of entries) if (belongsTo(streamId, entry)) await send(entry.cursor, JSON.parse(entry.data))
      after = next
    }
  }
}

/** Excludes empty messages: the transport stores one for the event that only gives a client its first id. */
function belongsTo(streamId: string, { topics, data }: LogEntry): boolean {
  return topics?.[0] === streamId && data !== '{}'
}

function unknownEvent(id: string): EventwireError {
  return new EventwireError('invalid-field', `event id ${shown(id)} is not in the log; the client has to begin anew`, {
    id,
  })
}
