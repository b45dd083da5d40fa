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
 * The argument of a generator: its input and its signal.
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
  /** The input that `start()` received, as transformed by the `input` schema. */
  readonly input: Input
  /**
   * Aborts when the run was stopped, when `close()` handed it over, or when it ended elsewhere. Pass the signal to each call that the
   * generator awaits: events that the generator yields after the abort are not published.
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
   * Creates the log of a run, for example a `redisLog()` or `sqliteLog()` whose key contains the id. The log is closed when neither a
   * producer nor a stream uses it. All processes that share runs must create the same log for an id.
   * @default () => memoryLog()
   */
  readonly log?: ((id: string) => EventLog) | undefined
  /** Produces the events of a run. Called once for each id, in the process whose `start()` came first. */
  readonly run: (context: RunContext<Parsed>) => AsyncIterable<RunEvent<Events>>
  /** A schema that checks the input of `start()`, and may transform it for `run`. */
  readonly input?: StandardSchemaV1<Input, Parsed> | undefined
  /** Creates the event that readers receive before the end of a run whose generator threw. The error itself stays on the server. */
  readonly failed?: ((error: unknown) => RunEvent<Events> | undefined) | undefined
  /** The event that readers receive before the end of a run whose producer was lost. */
  readonly lost?: RunEvent<Events> | undefined
  /**
   * Milliseconds without a sign of life after which a producer counts as lost, at least 100. A living producer appends a sign of life
   * at least every third of a lease.
   * @default 15_000
   */
  readonly lease?: number | undefined
  /**
   * Milliseconds for which a finished run can be read again when its log is a `memoryLog()`. Other logs have retention options of
   * their own.
   * @default 600_000
   */
  readonly keep?: number | undefined
  /** A map made by `defineEvents()` or `eventsWithCodec()`; without it payloads are JSON. */
  readonly events?: (Events & EventTypes) | undefined
  /** Options of the streams that `response()` opens. */
  readonly stream?: Omit<StreamOptions<Events>, 'events'> | undefined
}

/**
 * The status of a run: `none` when the run was never started, or when its log no longer has any of its entries.
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
   * Starts the run of this id in this process, unless it was started before, here or on another machine. Repeated requests are
   * therefore harmless. Do not use an id for a second run.
   *
   * @returns whether this call started the run.
   * @throws {EventwireError} as a rejection: `invalid-option` for an id that is not a name or that the log refuses, and for a `run`
   *   that does not return an iterable; `callback-failed` when `run` throws; `payload-rejected` for an input that the schema refuses;
   *   `closed` after `close()`; `log-failed` when the log fails. If the claim was appended all the same, the run is later reported lost.
   */
  start(
    this: object,
    id: string,
    ...input: undefined extends Input ? [input?: Input] : [input: Input]
  ): Promise<{ started: boolean }>
  /**
   * Opens a stream for a request. The stream reads the run from its start, or from the cursor that the client sends, and ends as
   * final when the run ends. Authorise first: every client that has the id can read the run.
   *
   * @returns the response, a 404 when there is no such run.
   * @throws {EventwireError} as a rejection: `invalid-option`, `log-failed`.
   */
  response(this: object, request: Request, id: string): Promise<Response>
  /**
   * Subscribes an open stream to the run. Without such a run, the stream is closed as final.
   *
   * @returns how the subscription began.
   * @throws {EventwireError} as a rejection: `invalid-option`, `log-failed`.
   */
  subscribe(this: object, stream: EventWriter<Events>, id: string): SafePromise<SubscribeResult>
  /**
   * Asks the run to stop, on any machine. Its readers receive the end when its producer has ended it.
   *
   * @returns whether the run was running. A call after the end of the run does nothing.
   * @throws {EventwireError} as a rejection: `invalid-option`, `log-failed`.
   */
  stop(id: string): Promise<{ stopping: boolean }>
  /**
   * Reads the status of the run.
   *
   * @throws {EventwireError} as a rejection: `invalid-option`, `log-failed`.
   */
  status(id: string): Promise<RunStatus>
  /**
   * Calls the listener for each error of a generator, of `failed`, and of a log. Returns the function that removes the listener.
   */
  onError(listener: (error: EventwireErrorOf) => void): () => void
  /**
   * Refuses new runs, and waits until the runs of this process finish or the deadline has passed. Then it ends the remaining runs as
   * lost. Readers of ended runs receive the end within five seconds, unless their clients read nothing. All other streams are closed,
   * and their clients reconnect. Runs of other processes continue.
   *
   * @throws {EventwireError} as a rejection: `invalid-option`, and then nothing is closed.
   */
  close(options?: {
    /**
     * Milliseconds in which the runs of this process may finish. Runs that have not finished by then end as lost, for all their readers.
     * @default 0
     */
    readonly deadline?: number | undefined
    /**
     * Milliseconds over which `close()` then ends the streams, one after another.
     * @default 0
     */
    readonly spread?: number | undefined
    /**
     * The reconnection time for the clients, in milliseconds. With a range, each client gets a random time from it.
     * @default { min: 1_000, max: 5_000 }
     */
    readonly retry?: number | { readonly min: number; readonly max: number } | undefined
  }): Promise<void>
}

/** How `close()` ends the runs of a process. */
export type RunsCloseOptions = NonNullable<Parameters<Runs<any>['close']>[0]>
