import type { EventwireErrorOf } from '../../shared/errors.ts'
import type { EventTypes } from '../../shared/events/define-events.ts'
import type { EventName, Sent } from '../../shared/events/event-map.ts'
import type { StandardSchemaV1 } from '../../shared/events/standard-schema.ts'
import type { RunEnd } from '../../shared/run-end.ts'
import type { SafePromise } from '../../shared/safe-promise.ts'
import type { SubscribeResult } from '../channel/types.ts'
import type { EventLog } from '../log/event-log.ts'
import type { EventWriter, Sends, StreamOptions } from '../stream/types.ts'

/**
 * An event of a run: its name and payload.
 *
 * @example
 * import { createRuns, type RunEvent } from 'eventwire/runs'
 *
 * type Events = { token: string; failed: { reason: string } }
 * const lost: RunEvent<Events> = { type: 'failed', data: { reason: 'the server went away' } }
 * const answers = createRuns<Events>({
 *   async *run() {
 *     yield { type: 'token', data: 'hello' }
 *   },
 *   lost,
 * })
 * console.log(await answers.status('42')) // -> none
 */
export type RunEvent<Events> = {
  [Name in EventName<Events>]: undefined extends Sent<Events, Name>
    ? { readonly type: Name; readonly data?: Sent<Events, Name> }
    : { readonly type: Name; readonly data: Sent<Events, Name> }
}[EventName<Events>]

/**
 * What a generator is given.
 *
 * @example
 * import { createRuns, type RunContext, type RunEvent } from 'eventwire/runs'
 *
 * async function* answer({ input }: RunContext<string>): AsyncGenerator<RunEvent<{ token: string }>> {
 *   yield { type: 'token', data: `you asked: ${input}` }
 * }
 * const answers = createRuns<{ token: string }, string>({ run: answer })
 * await answers.start('42', 'why?')
 * const response = await answers.response(new Request('http://localhost/answers/42'), '42')
 * console.log((await response.text()).includes('you asked: why?')) // -> true
 */
export interface RunContext<Input> {
  readonly id: string
  /** What `start()` was given. */
  readonly input: Input
  /**
   * Aborts when the run was stopped, was handed over by `close()`, or belongs to another process by now. Give it to whatever the generator
   * awaits: nothing that it yields afterwards is published.
   */
  readonly signal: AbortSignal
}

/**
 * Options of `createRuns()`.
 *
 * @example
 * import { createRuns, type RunsOptions } from 'eventwire/runs'
 *
 * const options: RunsOptions<{ token: string; failed: { reason: string } }, string> = {
 *   async *run({ input }) {
 *     for (const word of input.split(' ')) yield { type: 'token', data: word }
 *   },
 *   failed: (error) => ({ type: 'failed', data: { reason: `no answer: ${(error as Error).name}` } }),
 *   lost: { type: 'failed', data: { reason: 'the server went away' } },
 *   lease: 30_000,
 * }
 * console.log(await createRuns(options).start('42', 'hello you')) // -> { started: true }
 */
export interface RunsOptions<Events extends object, Input = undefined, Parsed = Input> {
  /**
   * The log of a run, for example `redisLog()` or `sqliteLog()` with a key made of the id. It belongs to the runs, which close it when
   * nobody uses it. All processes that share runs give the same.
   * @default () => memoryLog()
   */
  readonly log?: ((id: string) => EventLog) | undefined
  /** Produces the events of a run. It is called once for each id, in the process whose `start()` came first. */
  readonly run: (context: RunContext<Parsed>) => AsyncIterable<RunEvent<Events>>
  /** Checks what `start()` is given, and may transform it for `run`. */
  readonly input?: StandardSchemaV1<Input, Parsed> | undefined
  /** What readers receive before the end of a run whose generator threw. The error itself stays on the server. */
  readonly failed?: ((error: unknown) => RunEvent<Events> | undefined) | undefined
  /** What readers receive before the end of a run whose producer went away. */
  readonly lost?: RunEvent<Events> | undefined
  /**
   * Milliseconds without a sign of life after which a producer counts as dead: from 100 on. A living one gives a sign in every third of it.
   * @default 15_000
   */
  readonly lease?: number | undefined
  /**
   * Milliseconds for which a finished run can be read again when its log is a `memoryLog()`. Other logs keep it as they are told.
   * @default 600_000
   */
  readonly keep?: number | undefined
  /** A map made by `defineEvents()` or `eventsWithCodec()`; without it payloads are JSON. */
  readonly events?: (Events & EventTypes) | undefined
  /** Options of the streams that `response()` opens. */
  readonly stream?: Omit<StreamOptions<Events>, 'events'> | undefined
}

/**
 * Where a run stands: `none` when there is no such run, or its log keeps nothing of it any more.
 *
 * @example
 * import { createRuns, type RunStatus } from 'eventwire/runs'
 *
 * const isOver = (status: RunStatus) => status !== 'none' && status !== 'running'
 * const answers = createRuns<{ token: string }>({
 *   async *run({ signal }) {
 *     await new Promise((resolve) => signal.addEventListener('abort', resolve))
 *   },
 * })
 * await answers.start('42')
 * console.log(isOver(await answers.status('42'))) // -> false
 * await answers.stop('42')
 * console.log(isOver(await answers.status('42'))) // -> true
 */
export type RunStatus = 'none' | 'running' | RunEnd

/**
 * How `close()` ends the runs of a process.
 *
 * @example
 * import { createRuns, type RunsCloseOptions } from 'eventwire/runs'
 *
 * const onDeploy: RunsCloseOptions = { deadline: 10_000 }
 * const answers = createRuns<{ token: string }>({
 *   async *run() {
 *     await new Promise((resolve) => setTimeout(resolve, 100))
 *     console.log('finished') // -> finished
 *   },
 * })
 * await answers.start('42')
 * await answers.close(onDeploy)
 */
export interface RunsCloseOptions {
  /**
   * Milliseconds in which the runs of this process may finish. Those that are left are ended as lost, for readers everywhere.
   * @default 0
   */
  readonly deadline?: number | undefined
  /**
   * Milliseconds over which the streams are ended then, one after another.
   * @default 0
   */
  readonly spread?: number | undefined
  /**
   * The reconnection time for the clients, in milliseconds. From a range each client gets one of its own.
   * @default { min: 1_000, max: 5_000 }
   */
  readonly retry?: number | { readonly min: number; readonly max: number } | undefined
}

/**
 * Producers that outlive their clients, each with a log of its own.
 *
 * @example
 * import { createRuns, type Runs } from 'eventwire/runs'
 *
 * type Answers = Runs<{ token: string }, { prompt: string }>
 * const answers: Answers = createRuns<{ token: string }, { prompt: string }>({
 *   async *run({ input }) {
 *     yield { type: 'token', data: `about ${input.prompt}` }
 *   },
 * })
 * console.log(await answers.start('42', { prompt: 'logs' })) // -> { started: true }
 * console.log(await answers.start('42', { prompt: 'logs' })) // -> { started: false }
 */
export interface Runs<Events extends object, Input = undefined> extends Sends<Events> {
  /** Exists for the compiler only. Repeated, so that it is compared before everything else. */
  readonly '~sends'?: Sends<Events>['~sends']
  /**
   * Starts the run of this id here, unless it runs or ran already, on any machine: a request that is repeated is harmless. Ids are not
   * used again.
   *
   * @returns whether it was started by this call.
   * @throws {EventwireError} as a rejection: `invalid-option` for an id that is not a name, for one that the log refuses, and for a
   *   `run` that returns no events; `payload-rejected` for an input that the schema refuses; `log-failed` when the log does not
   *   answer (if the run was begun all the same, it is reported lost); `closed` after `close()`.
   */
  start(
    this: object,
    id: string,
    ...input: undefined extends Input ? [input?: Input] : [input: Input]
  ): Promise<{ started: boolean }>
  /**
   * Opens a stream for a request that reads the run from its start, or from the cursor that the client brings. It ends
   * finally with the run. Authorise first: everyone who has the id can read.
   *
   * @returns the response, a 404 when there is no such run.
   * @throws {EventwireError} as a rejection: `invalid-option`, `log-failed`.
   */
  response(this: object, request: Request, id: string): Promise<Response>
  /**
   * The same for a stream that is open. Without such a run the stream is closed as final.
   *
   * @returns how it began.
   * @throws {EventwireError} as a rejection: `invalid-option`, `log-failed`.
   */
  subscribe(this: object, stream: EventWriter<Events>, id: string): SafePromise<SubscribeResult>
  /**
   * Stops the run, on whichever machine it is. Its readers learn of it when its producer does.
   *
   * @returns whether the run was running. A late call stops nothing.
   * @throws {EventwireError} as a rejection: `invalid-option`, `log-failed`.
   */
  stop(id: string): Promise<{ stopping: boolean }>
  /**
   * Where the run stands.
   *
   * @throws {EventwireError} as a rejection: `invalid-option`, `log-failed`.
   */
  status(id: string): Promise<RunStatus>
  /**
   * Calls the listener for each error of a generator, of `failed`, and of a log. Returns the function that ends it.
   */
  onError(listener: (error: EventwireErrorOf) => void): () => void
  /**
   * Takes no more runs, lets those of this process finish within the deadline, ends those that are left as lost, and
   * ends all streams. Runs of other processes continue.
   *
   * @throws {EventwireError} `invalid-option`, as a rejection: nothing is closed then.
   */
  close(options?: RunsCloseOptions): Promise<void>
}
