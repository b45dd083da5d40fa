import { EventwireError, shown } from '../errors.ts'
import { toBytes } from './bytes.ts'
import { checkId, checkLine, checkOneLine, checkPrefix, checkString } from './check-field.ts'
import { CURSOR_EVENT, END_EVENT, MAX_TIMER, TERMINAL_ID, TRACE_COMMENT } from './names.ts'

/** One event for `encodeEvent()`: its fields as they stand on the wire. */
export interface EventFields {
  /**
   * Name of the event.
   * @default 'message'
   */
  readonly type?: string | undefined
  /** Any text; each line becomes a `data` line. */
  readonly data: string
  /** Becomes the client's last event id, at most 4,096 bytes of UTF-8; `''` resets it. Without it the last one remains. */
  readonly id?: string | undefined
  /** Reconnection time in milliseconds, a whole number from 0 to 2,147,483,647; without it, the field is left out. */
  readonly retry?: number | undefined
}

/**
 * Encodes one event as the bytes of the wire.
 *
 * @example
 * import { encodeEvent } from 'eventwire'
 *
 * process.stdout.write(encodeEvent({ type: 'ping', data: '{"time":"12:00"}', id: '7' }))
 * // -> event: ping
 * // -> id: 7
 * // -> data: {"time":"12:00"}
 *
 * @throws {EventwireError} `invalid-field` for a name or id with a line break or NUL, a reserved name or id, an id over
 *   4,096 bytes, data that is not a string, a `retry` that is not a whole number in range.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function encodeEvent({ type = 'message', data, id, retry }: EventFields): Uint8Array {
  checkString('data', data)
  return toBytes(eventFrame(type, data, false, id, retry))
}

/** A user's event. `oneLine` promises that the data has no line break. */
export function eventFrame(type: string, data: string, oneLine: boolean, id?: string, retry?: number): string {
  const head = checkName(type)
  if (id === undefined && retry === undefined && data !== '') {
    return `${head.data}${oneLine ? data : splitLines(data)}\n\n`
  }
  if (id !== undefined) checkId(id)
  return `${head.event}${idLine(id)}${retry === undefined ? '' : retryFrame(retry)}${dataLines(data)}\n\n`
}

/** How control information travels: as events of its own, or as comments and as blocks that have an id and no data. */
export type Controls = 'events' | 'comments'

/**
 * Control information: a cursor, a gap, the end. Its name and id are reserved for users; the id may be a cursor of a custom
 * log. A block without data stores its id, and the standard dispatches nothing for it.
 */
export function controlFrame(type: string, data: string, id?: string, controls: Controls = 'events'): string {
  if (id !== undefined) checkOneLine('id', id)
  if (controls === 'events') return `event: ${type}\n${idLine(id)}${dataLines(data)}\n\n`
  const comment = type === CURSOR_EVENT ? '' : `: ${type}${data === '{}' ? '' : ` ${data}`}\n`
  return comment + (id === undefined ? '' : `${idLine(id)}\n`)
}

/**
 * A comment: ignored by clients, seen by proxies and watchdogs. No blank line follows it, because some clients dispatch an
 * empty event for each blank line. Our client reads control information and topics from comments with reserved prefixes.
 */
export function commentFrame(text: string): string {
  checkString('comment', text)
  for (const line of text.split(LINE_BREAKS)) checkPrefix('comment', line, /^(sse|topic|traceparent):/)
  return `:${text && ` ${text.replace(LINE_BREAKS, '\n: ')}`}\n`
}

/** The `traceparent` of W3C Trace Context, version 00. Ids of zeros are those of a tracer that records nothing. */
export const TRACEPARENT: RegExp = /^00-(?!0+-)[\da-f]{32}-(?!0+-)[\da-f]{16}-[\da-f]{2}$/

/**
 * The trace context of the event with this id, for the start of its frame: a comment, which clients ignore unless they ask for it. Text
 * that is not one is left out, because only a custom log or observer can give it.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function traceLine(traceparent: string | undefined, id: string): string {
  return traceparent && TRACEPARENT.test(traceparent) ? `: ${TRACE_COMMENT}${id} ${traceparent}\n` : ''
}

/**
 * Lines that name topics, for the start of a frame.
 *
 * @throws {EventwireError} `invalid-field` for a topic that is not a string of one line.
 */
export function topicLines(topics: readonly string[], controls: Controls): string {
  let lines = ''
  for (const topic of topics) {
    checkOneLine('topic', topic)
    lines += `${controls === 'comments' ? ': ' : ''}topic: ${topic}\n`
  }
  return lines
}

/**
 * The last bytes that `close()` writes. A `retry` line that ends a stream has a blank line: some clients apply fields only at a
 * blank line, and no event follows that would bring it. With comments the event of `done` carries the terminal id: Firefox and
 * WebKit do not store the id of a block without data.
 */
export function endFrame(final: boolean, retry?: number, { controls, done }: EndOptions = {}, data = '{}'): string {
  const id = controls === 'comments' ? idLine(TERMINAL_ID) : ''
  const last = done === undefined ? '' : id + eventFrame('message', done, false)
  const end = final ? last + controlFrame(END_EVENT, data, TERMINAL_ID, controls) : ''
  return retry === undefined ? end : retryFrame(retry) + (end || '\n')
}

/** The options of a stream that say how it ends. */
interface EndOptions {
  readonly controls?: Controls | undefined
  /** The data of a last event before a final end. */
  readonly done?: string | undefined
}

const LINE_BREAKS = /\r\n|\r|\n/g

function dataLines(data: string): string {
  return data === '' ? 'data:' : `data: ${splitLines(data)}`
}

/** Begins a `data` line for each line of the text but the first. Two searches cost less than one regular expression. */
function splitLines(data: string): string {
  return data.indexOf('\n') === -1 && data.indexOf('\r') === -1 ? data : data.replace(LINE_BREAKS, '\ndata: ')
}

function idLine(id: string | undefined): string {
  return id === undefined ? '' : `id: ${id}\n`
}

/** How the frame of an event begins: up to its `event` line, and up to its data when nothing stands between. */
interface Head {
  readonly type: string
  readonly event: string
  readonly data: string
}

/** Heads of names that passed the check, so that each name pays for it once. Emptied when there are too many names. */
const heads = new Map<string, Head>()
let lastHead: Head | undefined
const MOST_NAMES = 1024

/** Rejects event names that users must not send. @returns how the frame of an event of this name begins. */
export function checkName(type: string): Head {
  if (lastHead?.type !== type) lastHead = heads.get(type)
  if (lastHead) return lastHead
  checkLine('event name', type)
  if (type === '') throw new EventwireError('invalid-field', 'event name is empty; "message" is the default name')
  const event = type === 'message' ? '' : `event: ${type}\n`
  const head = { type, event, data: `${event}data: ` }
  if (heads.size === MOST_NAMES) heads.clear()
  heads.set(type, head)
  return head
}

/** The reconnection time, as a line of an event or alone: it takes effect without a blank line. */
export function retryFrame(retry: number): string {
  if (!Number.isInteger(retry) || retry < 0 || retry > MAX_TIMER) {
    throw new EventwireError(
      'invalid-field',
      `retry ${shown(retry)} is not a whole number of milliseconds from 0 to ${MAX_TIMER}`,
    )
  }
  return `retry: ${retry}\n`
}
