import { EventwireError, invalidOption, shown } from '../../shared/errors.ts'
import { callUser } from '../../shared/report.ts'
import { partsOf } from '../channel/channel-parts.ts'
import { closeSettings, RECONNECT_AFTER } from '../channel/close-settings.ts'
import type { SubscribeResult } from '../channel/types.ts'
import { handled, logFailure } from '../log/log-failure.ts'
import { newEpoch } from '../log/position.ts'
import { createStream } from '../stream/create-stream.ts'
import { toHeaders } from '../stream/headers.ts'
import { sourceFailure } from '../stream/pipe.ts'
import { checkMilliseconds, drawRetry } from '../stream/settings.ts'
import { Stream } from '../stream/stream.ts'
import { claim, stop } from './protocol.ts'
import { RunLog } from './run-log.ts'
import { type RunsSettings, runsSettings } from './settings.ts'
import type { RunStatus, Runs, RunsCloseOptions, RunsOptions } from './types.ts'
import { within } from './within.ts'

/** The time in milliseconds in which logs must append the ends of the runs that `close()` hands over, and readers receive them. */
const HAND_OVER = 5_000

/** Runs, each with a log of its own. */
export class LogRuns implements Runs<any, any> {
  readonly #settings: RunsSettings
  readonly #logs = new Map<string, RunLog>()
  readonly #listeners = new Set<(error: any) => void>()
  /** Whether new runs, and whether new streams, are refused. */
  #closing = false
  #closed = false

  constructor(options: RunsOptions<any, any, any> = {} as never) {
    this.#settings = runsSettings(options, (error) => {
      for (const listener of this.#listeners) callUser(listener, error)
    })
    partsOf.set(this, { streamOptions: this.#settings.stream })
  }

  async start(id: string, input?: unknown): Promise<{ started: boolean }> {
    return this.#use(id, async (runLog) => {
      const parsed = await this.#settings.input(input)
      if (this.#closing) throw closed(id)
      const head = await runLog.ask(claim(newEpoch()))
      if (!head) {
        await runLog.look()
        return { started: false }
      }
      const producer = runLog.produce(head)
      if (this.#closing) {
        producer.handOver()
        throw closed(id)
      }
      const { run } = this.#settings
      let hasReturned = false
      try {
        const source = run({ id, input: parsed, signal: producer.controller.signal })
        hasReturned = true
        producer.begin(source)
      } catch (cause) {
        producer.fail(cause)
        throw hasReturned ? invalidOption('run', run, 'give a generator function') : sourceFailure('`run`', cause)
      }
      return { started: true }
    })
  }

  response(request: Request, id: string): Promise<Response> {
    return this.#use(id, async (runLog) => {
      const { stream: options } = this.#settings
      if ((await runLog.look()) === 'none')
        return new Response(null, { status: 404, headers: toHeaders({}, options.headers) })
      const stream = createStream<any>(request, options)
      this.#read(stream as unknown as Stream, runLog)
      return stream.response
    })
  }

  subscribe(stream: unknown, id: string): Promise<SubscribeResult> {
    return handled(
      this.#use(id, async (runLog) => {
        if (!(stream instanceof Stream)) throw invalidOption('stream', stream, 'give a stream made by createStream()')
        if ((await runLog.look()) !== 'none') return this.#read(stream, runLog)
        stream.close({ final: true })
        return { status: 'closed', from: stream.lastEventId }
      }),
    )
  }

  stop(id: string): Promise<{ stopping: boolean }> {
    return this.#use(id, async (runLog) => ({ stopping: await runLog.ask(stop()) }))
  }

  status(id: string): Promise<RunStatus> {
    return this.#use(id, (runLog) => runLog.look())
  }

  onError(listener: (error: any) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close({ deadline = 0, ...options }: RunsCloseOptions = {}): Promise<void> {
    const { spread, retry } = closeSettings(options)
    checkMilliseconds('deadline', deadline, 0)
    this.#closing = true
    const ended = this.#each(({ producer }) => producer?.ended)
    await within(deadline, ended)
    const handedOver = this.#each((runLog) => runLog.handOver())
    await within(HAND_OVER, handedOver)
    this.#closed = true
    await this.#each((runLog) => runLog.close({ spread, retry }))
    this.#logs.clear()
  }

  #each(call: (runLog: RunLog) => unknown): Promise<unknown> {
    return Promise.all([...this.#logs.values()].map(call))
  }

  #read(stream: Stream, runLog: RunLog): Promise<SubscribeResult> {
    if (this.#closed) stream.close({ retry: drawRetry(RECONNECT_AFTER) })
    return runLog.read(stream)
  }

  /**
   * Calls back with the log of a run and releases it afterwards. Wraps errors of the log as `log-failed`; a `TypeError` is of the
   * caller.
   */
  async #use<Result>(id: string, use: (runLog: RunLog) => Promise<Result>): Promise<Result> {
    if (typeof id !== 'string' || id === '') throw invalidOption('id', id, 'give a name')
    let runLog = this.#logs.get(id)
    try {
      runLog ??= new RunLog(this.#settings, id, () => this.#close(id, runLog!))
      this.#logs.set(id, runLog)
      return await use(runLog.acquire())
    } catch (cause) {
      throw cause instanceof TypeError ? cause : logFailure(cause)
    } finally {
      runLog?.release()
    }
  }

  /** Closes a log that is no longer used. */
  async #close(id: string, runLog: RunLog): Promise<void> {
    if (this.#logs.get(id) === runLog) this.#logs.delete(id)
    await runLog.close().catch((cause) => this.#settings.report(logFailure(cause)))
  }
}

function closed(id: string): EventwireError {
  return new EventwireError('closed', `run ${shown(id)} was started after close(); create new runs`)
}
