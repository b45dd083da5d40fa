import { invalidOption } from '../../shared/errors.ts'
import type { PipeSource } from './types.ts'

/** What is pulled from a source. */
interface Pulled {
  readonly type: string
  readonly data?: unknown
  readonly id?: string | undefined
}

type MaybePromise<Value> = Value | PromiseLike<Value>

interface Puller {
  next(): MaybePromise<{ done?: boolean | undefined; value?: Pulled | undefined }>
  return?(): unknown
}

/** The stream that a source is pulled into. */
export interface PipeTarget {
  readonly open: boolean
  send(type: string, data: unknown, options: { id: string | undefined } | undefined): boolean
  /** Waits until little waits for the client; `false` when the stream has closed. */
  room(): MaybePromise<boolean>
  close(): void
  fail(error: unknown): void
  readonly closed: Promise<unknown>
}

/** Pulls a source into a stream at the client's pace; whichever ends first ends the other. */
export function pipe(target: PipeTarget, source: PipeSource<any>): void {
  const puller = toPuller(source)
  let finished = false
  target.closed.then(() => {
    if (!finished) giveBack(puller)
  })
  pull(target, puller).then(
    (sourceEnded) => {
      finished = sourceEnded
      target.close()
    },
    (error) => target.fail(error),
  )
}

/** @returns whether the source has ended, rather than the stream; rejects when the source fails. */
async function pull(target: PipeTarget, puller: Puller): Promise<boolean> {
  while ((await target.room()) && target.open) {
    const next = await puller.next()
    if (next.done) return true
    if (!target.open) return false
    const { type, data, id } = next.value!
    target.send(type, data, id === undefined ? undefined : { id })
  }
  return false
}

/** The client has left: lets the source clean up; what it says about that concerns nobody. */
async function giveBack(puller: Puller): Promise<void> {
  try {
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
