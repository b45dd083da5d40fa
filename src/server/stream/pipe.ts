import { EventwireError, invalidOption, reasonOf } from '../../shared/errors.ts'
import { attach, awaitRoom, fail, hasRoom } from './internal.ts'
import { checkFinal } from './settings.ts'
import type { Stream } from './stream.ts'

/** An event that a source yields. */
export interface SourceEvent {
  readonly type: string
  readonly data?: unknown
  readonly id?: string | undefined
  /** For a channel only. */
  readonly topics?: readonly string[] | undefined
  /** For a channel only. */
  readonly key?: string | undefined
  /** For a channel only. */
  readonly forget?: boolean | undefined
}

/** The number of events of a source between two pauses. */
const PAUSE_AFTER = 256

type MaybePromise<Value> = Value | PromiseLike<Value>

interface Puller {
  next(): MaybePromise<{ done?: boolean | undefined; value?: SourceEvent | undefined }>
  return?(): unknown
}

/** Where the events of a source go. */
export interface PipeTarget {
  /** A promise when the next event has to wait; it rejects when an earlier one could not be taken. */
  room(): PromiseLike<unknown> | undefined
  take(event: SourceEvent): void
  /** Called once, also by `stop`, unless the pipe fails. */
  ended(bySource: boolean): void
  failed(error: unknown): void
}

/**
 * Pulls a source into a target, at the target's pace.
 *
 * @returns a function that stops it: the source is returned, unless it has ended.
 * @throws {EventwireError} `invalid-option` when the source is not one.
 */
export function pipe(source: unknown, { room, take, ended, failed }: PipeTarget): () => void {
  const puller = toPuller(source)
  let over = false
  const finish = (report: () => void) => {
    if (over) return
    over = true
    report()
    returnSource(puller)
  }
  const pull = async () => {
    for (;;) {
      await room()
      if (over) return
      const { done, value } = await puller.next()
      if (over) return
      if (done) {
        over = true
        ended(true)
        return
      }
      take(value!)
    }
  }
  pull().catch((error) => finish(() => failed(error)))
  return () => finish(() => ended(false))
}

/** Paces a source: it waits for what is under way, and now and then for the event loop, which a source that never waits would block. */
export function paced(underWay: () => Promise<unknown> | undefined): PipeTarget['room'] {
  let count = 0
  return () => (++count % PAUSE_AFTER ? underWay() : new Promise((resolve) => setTimeout(resolve)).then(underWay))
}

/** The error for what a source threw, or what its events were refused for. */
export function sourceFailure(source: string, cause: unknown): EventwireError {
  if (cause instanceof EventwireError) return cause
  return new EventwireError('callback-failed', `${source} failed: ${reasonOf(cause)}`, { cause })
}

/** Pipes a source into a stream, at its client's pace; whichever ends first ends the other. */
export function pipeInto(stream: Stream, source: unknown, final: boolean): void {
  checkFinal(final)
  let resume: (() => void) | undefined
  const closed = pipe(source, {
    room() {
      if (hasRoom(stream)) return undefined
      awaitRoom(stream)
      return new Promise<void>((resolve) => {
        resume = resolve
      })
    },
    take: ({ type, data, id }) => void stream.send(type, data, id === undefined ? undefined : { id }),
    ended: () => stream.close({ final }),
    failed: (error) => fail(stream, error),
  })
  attach(stream, {
    next: undefined,
    resume() {
      if (hasRoom(stream)) resume?.()
      else if (resume) awaitRoom(stream)
    },
    idle: () => undefined,
    closed,
  })
}

/** Lets the source clean up. Nobody is left to receive what fails in it. */
async function returnSource(puller: Puller): Promise<void> {
  try {
    // Not in the middle of what has closed the target, which may be the source itself.
    await undefined
    await puller.return?.()
  } catch {}
}

function toPuller(source: any): Puller {
  if (typeof source?.getReader === 'function') {
    const reader = source.getReader()
    return { next: () => reader.read(), return: () => reader.cancel() }
  }
  const iterate = source?.[Symbol.asyncIterator] ?? source?.[Symbol.iterator]
  if (typeof iterate !== 'function' || typeof source === 'string') {
    throw invalidOption('source', source, 'give an iterable, an async iterable or a ReadableStream of events')
  }
  return iterate.call(source)
}
