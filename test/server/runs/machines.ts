import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { type EventLog, memoryLog } from '../../../src/server/index.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { createRuns, type Runs, type RunsOptions } from '../../../src/server/runs/index.ts'

export interface Events {
  token: string
  failed: { reason: string }
}

export type Options = Partial<RunsOptions<Events, string>>
export type OpenLog = (id: string) => EventLog

/** Gives each machine its own way to the logs that all of them share. */
export type Store = () => OpenLog

/** Logs in memory that several machines of this process share. */
export function sharedMemory(): Store {
  const logs = new Map<string, EventLog>()
  return () => (id) => {
    const log = logs.get(id) ?? memoryLog()
    logs.set(id, log)
    return wrapped(log, { close() {} })
  }
}

export function sharedFile(file: string): Store {
  return () => {
    const database = new DatabaseSync(file)
    database.exec('PRAGMA journal_mode = WAL')
    onTestFinished(() => database.close())
    return (id) => sqliteLog({ database, key: `runs/${id}` })
  }
}

/** A log with some methods of another. */
export function wrapped(log: EventLog, methods: Partial<EventLog>): EventLog {
  return {
    append: (entries, options) => log.append(entries, options),
    read: (after, limit, options) => log.read(after, limit, options),
    follow: (onEntries, onLost) => log.follow(onEntries, onLost),
    close: () => log.close(),
    ...methods,
  }
}

/** A log whose reads wait while the gate is closed. */
export function gated(open: OpenLog): { readonly log: OpenLog; readonly close: () => void; readonly open: () => void } {
  let gate: Promise<void> | undefined
  let openGate = () => {}
  return {
    log: (id) => {
      const log = open(id)
      return wrapped(log, {
        async read(...page) {
          await new Promise((resolve) => setImmediate(resolve))
          await gate
          return log.read(...page)
        },
      })
    },
    close() {
      gate = new Promise((resolve) => {
        openGate = resolve
      })
    },
    open: () => openGate(),
  }
}

/** Resolves when the log has the end of its run. */
export async function ended(log: EventLog): Promise<void> {
  await new Promise<void>((resolve) => {
    const unfollow = log.follow(
      (entries) => entries.some(({ type }) => type === 'sse:end') && resolve(),
      () => {},
    )
    onTestFinished(unfollow)
  })
}

/** The runs of one machine: the words of the input as tokens, one each tick, unless the test says otherwise. */
export function machine(log: OpenLog | undefined, options: Options = {}): Runs<Events, string> {
  const runs = createRuns<Events, string>({
    log,
    async *run({ input, signal }) {
      for (const word of input.split(' ')) {
        await new Promise((resolve) => setTimeout(resolve))
        signal.throwIfAborted()
        yield { type: 'token', data: word }
      }
    },
    failed: (error) => ({ type: 'failed', data: { reason: (error as Error).name } }),
    lost: { type: 'failed', data: { reason: 'the server went away' } },
    ...options,
  })
  onTestFinished(() => runs.close())
  return runs
}

/** The events that a reader has received. */
export interface Reading {
  readonly tokens: readonly string[]
  readonly failed: readonly string[]
  readonly ids: readonly string[]
  /** How the run ended; `undefined` when the stream ended otherwise. */
  readonly how: string | undefined
  readonly text: string
}

/** Reads a run to its end. */
export async function readRun(runs: Runs<Events, string>, id: string, cursor?: string): Promise<Reading> {
  return parse(await (await runs.response(requestFor(cursor), id)).text())
}

export function requestFor(cursor?: string): Request {
  return new Request('http://localhost/', cursor === undefined ? {} : { headers: { 'Last-Event-ID': cursor } })
}

export function parse(text: string): Reading {
  const events = text.split('\n\n').map((block) => ({
    type: /^event: (.*)$/m.exec(block)?.[1],
    data: /^data: (.*)$/m.exec(block)?.[1],
    id: /^id: (.*)$/m.exec(block)?.[1],
  }))
  const dataOf = (name: string) => events.flatMap(({ type, data }) => (type === name ? [JSON.parse(data!)] : []))
  return {
    tokens: dataOf('token'),
    failed: dataOf('failed').map(({ reason }) => reason),
    ids: events.flatMap(({ type, id }) => (type === 'token' ? [id!] : [])),
    how: dataOf('sse:end')[0]?.how,
    text,
  }
}

/** Everything in a log. */
export async function entriesOf(log: EventLog): Promise<string[]> {
  const { newest } = await log.read(undefined, 0)
  const { entries } = await log.read(`${newest.split('.')[0]}.0`, 100_000)
  return entries.map(({ type, data }) =>
    type === 'token' ? JSON.parse(data) : type === 'sse:end' ? `end ${data}` : type,
  )
}

/** A promise that settles when the signal aborts, for a generator that waits. */
export const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

/** Yields one token, then waits for its end. */
export async function* forever(signal: AbortSignal, last?: () => string) {
  yield { type: 'token' as const, data: 'one' }
  await aborted(signal).catch(() => {})
  if (last) yield { type: 'token' as const, data: last() }
}

/** The logs of a process that has died behind its first token: nothing that it appends arrives, and it hears nothing. */
export function mute(open: OpenLog, onSleep: (wake: () => void) => void = () => {}): OpenLog {
  return (id) => {
    const log = open(id)
    let isDead = false
    const awake = new Promise<void>((resolve) => {
      onSleep(resolve)
      onTestFinished(() => resolve())
    })
    return {
      async append(entries, options) {
        if (isDead) await awake
        isDead ||= entries.some(({ type }) => type === 'token')
        return log.append(entries, options)
      },
      read: (after, limit, options) => log.read(after, limit, options),
      follow: (onEntries, onLost) => log.follow((entries) => isDead || onEntries(entries), onLost),
      close: () => log.close(),
    }
  }
}
