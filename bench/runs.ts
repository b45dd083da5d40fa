/**
 * Measures the cost of a token that a run publishes, beside one that a channel publishes.
 *
 *     npm run bench -- runs
 *
 * The same generator, the same memory log and one reader. A run appends each batch behind the last entry that it has seen, follows
 * its log for a stop, and keeps a lease.
 */
import { type Channel, createChannel } from '../src/server/index.ts'
import { createRuns } from '../src/server/runs/index.ts'
import type { Contest } from './harness.ts'

const TOKENS: { readonly [cell: string]: number } = { 'as fast as they come': 4_096, 'one a tick': 1_024 }
const DELTA = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' some words of an answer' } }

type Events = { token: typeof DELTA }
const request = () => new Request('http://localhost/')

async function* tokens(cell: string): AsyncGenerator<{ type: 'token'; data: typeof DELTA }> {
  for (let count = TOKENS[cell]!; count > 0; count--) {
    if (cell === 'one a tick') await new Promise((resolve) => setImmediate(resolve))
    yield { type: 'token', data: DELTA }
  }
}

/** Reads a response to its end and counts its tokens. */
async function countOf(response: Response): Promise<number> {
  return (await response.text()).split('event: token').length - 1
}

const passes: { readonly [contestant: string]: (cell: string) => () => Promise<number> } = {
  'channel.publish()': (cell) => async () => {
    const channel: Channel<Events> = createChannel<Events>()
    const count = countOf(channel.response(request(), { from: 'start' }))
    let published = 0
    for await (const { type, data } of tokens(cell)) {
      channel.publish(type, data)
      // As a run does, so that the generator does not keep the process from its reader.
      if (++published % 256 === 0) await new Promise((resolve) => setTimeout(resolve))
    }
    channel.close({ final: true })
    return count
  },
  'channel.pipe()': (cell) => async () => {
    const channel: Channel<Events> = createChannel<Events>()
    const count = countOf(channel.response(request(), { from: 'start' }))
    channel.pipe(tokens(cell), { final: true })
    return count
  },
  'a run': (cell) => {
    const runs = createRuns<Events>({ run: () => tokens(cell), keep: 0 })
    let id = 0
    return async () => {
      await runs.start(`${++id}`)
      return countOf(await runs.response(request(), `${id}`))
    }
  },
}

export const contest: Contest = {
  question: 'How many tokens a second does a producer publish, its reader included?',
  unit: 'tokens a second',
  contestants: Object.keys(passes),
  baseline: 'channel.publish()',
  groups: { 'tokens of 100 B': Object.keys(TOKENS) },
  expected: (_, cell) => TOKENS[cell]!,
  prepare: async (contestant, _, cell) => passes[contestant]!(cell),
}
