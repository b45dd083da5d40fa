import type { Encoder } from './compression.ts'
import type { Producer } from './producer.ts'
import type { StreamSettings } from './settings.ts'
import type { Sink } from './sink.ts'
import type { Stream } from './stream.ts'
import type { CloseReason } from './types.ts'

/**
 * The operations of a stream that other parts of the server use. The class defines these functions over its private members. A
 * user's object therefore has the documented members only, also under reflection, at no cost in memory.
 */
export interface StreamInternals {
  settings(stream: Stream): StreamSettings
  /** Whether the stream has not closed. Its last bytes may still wait once it has. */
  isOpen(stream: Stream): boolean
  /** Whether little enough waits for the client to write more. */
  hasRoom(stream: Stream): boolean
  /** Asks for one `resume()` of the producers, soon after the transport has taken what was written. */
  awaitRoom(stream: Stream): void
  /** Begins on a sink that has taken the first bytes. A stream that never begins is born closed. */
  begin(
    stream: Stream,
    sink: Sink,
    firstBytes: number,
    signal: AbortSignal | undefined,
    encoder: Encoder | undefined,
  ): void
  /** Closes before it began. */
  abandon(stream: Stream, reason: CloseReason): void
  /** Lets a producer write to this stream. */
  attach(stream: Stream, producer: Producer): void
  /** Writes frames that are bytes already, after what was sent. */
  deliver(stream: Stream, bytes: Uint8Array, events: number): void
  /** Writes what was sent in this tick. */
  flush(stream: Stream): void
  /** Closes because a producer has failed. */
  fail(stream: Stream, error: unknown): void
  /** Closes finally, with this data of the end. */
  finish(stream: Stream, data: string): void
  /** For its sink: the transport takes bytes again. It may be called more than once. */
  onDrained(stream: Stream): void
  /** For its sink: the transport is gone, or done with everything. It may be called more than once. */
  onDetached(stream: Stream, error?: unknown): void
  /** For its heartbeat: nothing was sent for almost an interval. */
  onSilence(stream: Stream): void
  /** For its heartbeat: none was taken for `stallTimeout`, or the age or the time given to the last bytes is over. */
  onTimeout(stream: Stream, reason: 'stalled' | 'expired'): void
}

/** The order in which `defineInternals` takes them. */
type InternalsInOrder = [
  settings: StreamInternals['settings'],
  isOpen: StreamInternals['isOpen'],
  hasRoom: StreamInternals['hasRoom'],
  awaitRoom: StreamInternals['awaitRoom'],
  begin: StreamInternals['begin'],
  abandon: StreamInternals['abandon'],
  attach: StreamInternals['attach'],
  deliver: StreamInternals['deliver'],
  flush: StreamInternals['flush'],
  fail: StreamInternals['fail'],
  finish: StreamInternals['finish'],
  onDrained: StreamInternals['onDrained'],
  onDetached: StreamInternals['onDetached'],
  onSilence: StreamInternals['onSilence'],
  onTimeout: StreamInternals['onTimeout'],
]

export let settings: StreamInternals['settings']
export let isOpen: StreamInternals['isOpen']
export let hasRoom: StreamInternals['hasRoom']
export let awaitRoom: StreamInternals['awaitRoom']
export let begin: StreamInternals['begin']
export let abandon: StreamInternals['abandon']
export let attach: StreamInternals['attach']
export let deliver: StreamInternals['deliver']
export let flush: StreamInternals['flush']
export let fail: StreamInternals['fail']
export let finish: StreamInternals['finish']
export let onDrained: StreamInternals['onDrained']
export let onDetached: StreamInternals['onDetached']
export let onSilence: StreamInternals['onSilence']
export let onTimeout: StreamInternals['onTimeout']

/** The names of what `gzip()` does for streams. */
export const encoderFor: unique symbol = Symbol()
export const newSharedWrites: unique symbol = Symbol()

/** Called once, by the class. By position, because the names of an object would stay in every bundle. */
export function defineInternals(...internals: InternalsInOrder): void {
  ;[
    settings,
    isOpen,
    hasRoom,
    awaitRoom,
    begin,
    abandon,
    attach,
    deliver,
    flush,
    fail,
    finish,
    onDrained,
    onDetached,
    onSilence,
    onTimeout,
  ] = internals
}
