// Runs `eventwire/runs` in this engine, within one request.

import { memoryLog } from '../../dist/server/index.js'
import { createRuns } from '../../dist/server/runs/index.js'

const request = (cursor) => new Request('http://localhost/', cursor ? { headers: { 'Last-Event-ID': cursor } } : {})

/** The behaviour of a generator, by the id of its run. */
const behaviours = {
  async *done() {
    for (const data of ['one', 'two', 'three']) yield { type: 'token', data }
  },
  async *stopped(signal) {
    yield { type: 'token', data: 'one' }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    yield { type: 'token', data: 'late' }
  },
  async *failed() {
    yield { type: 'token', data: 'one' }
    throw new Error('no model')
  },
}

/** A log whose producer died behind its claim. */
async function claimed() {
  const log = memoryLog()
  await log.append([{ type: 'sse:run', data: '{"owner":"a"}', topics: ['sse:run'] }])
  return log
}

/** The events that readers of each kind of run receive. */
export async function tryRuns() {
  const dead = await claimed()
  const runs = createRuns({
    log: (id) => (id === 'lost' ? dead : memoryLog()),
    lease: 200,
    run: ({ id, signal }) => behaviours[id](signal),
    failed: () => ({ type: 'failed', data: 'failed' }),
    lost: { type: 'failed', data: 'lost' },
  })
  const read = async (id, cursor) => {
    const text = await (await runs.response(request(cursor), id)).text()
    return {
      text,
      data: [...text.matchAll(/^event: (?:token|failed)\n(?:id: .*\n)?data: "(.*)"/gm)].map(([, data]) => data),
    }
  }
  const results = { unknown: [(await runs.response(request(), 'done')).status, await runs.status('done')] }
  results.started = [await runs.start('done'), await runs.start('done')].map(({ started }) => started)
  const { text, data } = await read('done')
  const [cursor] = /(?<=^id: )[^:\n]+\.2$/m.exec(text)
  results.done = [data, (await read('done', cursor)).data, await runs.status('done')]
  await runs.start('stopped')
  const stopped = read('stopped')
  results.stop = [
    await runs.stop('stopped'),
    (await stopped).data,
    await runs.status('stopped'),
    await runs.stop('stopped'),
  ]
  await runs.start('failed')
  results.failed = [(await read('failed')).data, await runs.status('failed')]
  results.lost = (await read('lost')).data
  await runs.close()
  return JSON.stringify(results)
}
