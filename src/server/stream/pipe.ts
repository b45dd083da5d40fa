import { invalidOption } from '../../shared/errors.ts'
import { isThenable } from '../../shared/thenable.ts'
import { attach, awaitRoom, fail, flush, hasRoom, isOpen } from './internal.ts'
import type { Producer } from './producer.ts'
import type { CloseOptions } from './types.ts'

/** What is pulled from a source. */
export interface SourceEvent {
  readonly type: string
  readonly data?: unknown
  readonly id?: string | undefined
  /** For a channel only. */
  readonly topics?: readonly string[] | undefined
}

type MaybePromise<Value> = Value | PromiseLike<Value>

interface Puller {
  next(): MaybePromise<{ done?: boolean | undefined; value?: SourceEvent | undefined }>
  return?(): unknown
}

/** Where the events of a source go. */
export interface PipeTarget {
  /** Waits until the next event may come; `false` when the target has closed. */
  room(): MaybePromise<boolean>
  isOpen(): boolean
  /** A promise is awaited before the next event is pulled. */
  take(event: SourceEvent): unknown
}

/** A source that is being pulled. */
export interface Pipe {
  /** Resolves to `true` when the source has ended, to `false` when it was stopped; rejects when it or the target fails. */
  readonly ended: Promise<boolean>
  /** Returns the source, unless it has ended. */
  stop(): void
}

/**
 * Pulls a source into a target, at the target's pace.
 *
 * @throws {EventwireError} `invalid-option` when the source is not one, or `final` is not a boolean.
 */
export function pipe(source: unknown, target: PipeTarget, final: unknown): Pipe {
  if (typeof final !== 'boolean') throw invalidOption('final', final, 'give true or false')
  const puller = toPuller(source)
  let over = false
  let stop!: () => void
  const ended = new Promise<boolean>((resolve, reject) => {
    stop = () => {
      if (over) return
      over = true
      giveBack(puller)
      resolve(false)
    }
    pull(puller, target).then(
      (sourceEnded) => {
        over ||= sourceEnded
        resolve(sourceEnded)
        stop()
      },
      (error) => {
        reject(error)
        stop()
      },
    )
  })
  return { ended, stop }
}

/** The stream that a source is piped into. */
interface PipedStream {
  readonly [isOpen]: boolean
  readonly [hasRoom]: boolean
  send(type: string, data: unknown, options: { id: string | undefined } | undefined): boolean
  close(options: CloseOptions): void
  [attach](producer: Producer): void
  [awaitRoom](): void
  [flush](): void
  [fail](error: unknown): void
}

/** Pipes a source into a stream, at its client's pace; whichever ends first ends the other. */
export function pipeInto(stream: PipedStream, source: unknown, final: boolean): void {
  let resume: ((room: true) => void) | undefined
  const room = () => {
    if (!stream[hasRoom]) stream[flush]()
    if (stream[hasRoom]) return true
    stream[awaitRoom]()
    return new Promise<boolean>((resolve) => {
      resume = resolve
    })
  }
  const take = ({ type, data, id }: SourceEvent) => stream.send(type, data, id === undefined ? undefined : { id })
  const { ended, stop } = pipe(source, { room, isOpen: () => stream[isOpen], take }, final)
  stream[attach]({
    nextProducer: undefined,
    onRoom: () => {
      if (resume === undefined) return
      if (!stream[hasRoom]) {
        stream[awaitRoom]()
        return
      }
      resume(true)
      resume = undefined
    },
    onIdle: () => undefined,
    onClose: stop,
  })
  ended.then(
    () => stream.close({ final }),
    (error) => stream[fail](error),
  )
}

/** @returns whether the source has ended, rather than the target. */
async function pull(puller: Puller, target: PipeTarget): Promise<boolean> {
  while ((await target.room()) && target.isOpen()) {
    const next = await puller.next()
    if (next.done) return true
    if (!target.isOpen()) return false
    const taken = target.take(next.value!)
    if (isThenable(taken)) await taken
  }
  return false
}

/** Lets the source clean up. Nobody is left to receive what fails in it. */
async function giveBack(puller: Puller): Promise<void> {
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
    throw invalidOption('source', source, 'pipe() takes an iterable, an async iterable or a ReadableStream of events')
  }
  return iterate.call(source)
}
