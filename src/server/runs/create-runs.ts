import type { AnyEvents } from '../../shared/events/event-map.ts'
import type { OptionsFor } from '../../shared/events/options-for.ts'
import { LogRuns } from './runs.ts'
import type { Runs, RunsOptions } from './types.ts'

/** Requires the event map when its codecs and schemas exist at run time only. */
type NeedsMap<Events extends object> = OptionsFor<Events, unknown> extends [infer Needed] ? Needed : unknown

/**
 * Creates runs: producers that outlive their clients. A run is an async generator that is started once for each id, on any machine,
 * and its events are stored in a log. Clients read the run from the start or from their cursor, and each of them receives its end.
 *
 * @example
 * import { createRuns } from 'eventwire/runs'
 *
 * const answers = createRuns<{ token: string; failed: { reason: string } }, { prompt: string }>({
 *   async *run({ input, signal }) {
 *     for (const word of ['You', ' asked: ', input.prompt]) {
 *       signal.throwIfAborted()
 *       yield { type: 'token', data: word }
 *     }
 *   },
 *   failed: () => ({ type: 'failed', data: { reason: 'the model failed' } }),
 *   lost: { type: 'failed', data: { reason: 'the server went away' } },
 * })
 * await answers.start('42', { prompt: 'Why?' })
 * const response = await answers.response(new Request('http://localhost/answers/42'), '42')
 * console.log((await response.text()).match(/data: "(.*)"/)?.[1]) // -> You
 *
 * @throws {EventwireError} `invalid-option` for an option that makes no sense; `unknown-event`, `payload-rejected` and
 *   `payload-not-encodable` for a `lost` event that the map refuses.
 */
export function createRuns<Events extends object = AnyEvents, Input = undefined, Parsed = Input>(
  options: RunsOptions<Events, Input, Parsed> & NeedsMap<Events>,
): Runs<Events, Input> {
  return new LogRuns(options) as unknown as Runs<Events, Input>
}
