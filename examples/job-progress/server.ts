// A long job runs on when its watcher leaves, and a late one sees all of it: npm run build && npx node examples/job-progress/server.ts
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { respond } from 'eventwire/node'
import { type Channel, createChannels } from 'eventwire/server'
import { listener } from '../listener.ts'
import { servePage } from '../serve-page.ts'

interface Events {
  progress: { done: number; of: number }
  finished: { rows: number }
  failed: { reason: string }
}

/** Milliseconds that one step takes. */
const STEP = Number(process.env.STEP ?? 200)
const STEPS = 50

/** A channel for each job: its log has all events of the job. It is kept for an hour after the job has ended and its last reader has left. */
const jobs = createChannels<Events>(() => ({}), { keep: 3_600_000 })

function startJob(): string {
  const id = randomUUID()
  const channel = jobs.get(id)
  run(channel)
    .catch((error) => {
      console.error(error)
      channel.publish('failed', { reason: 'The job could not be finished.' }) // the error itself stays here
    })
    .then(() => channel.close({ final: true }))
  return id
}

/** Knows the channel, and nothing of who listens. */
async function run(channel: Channel<Events>): Promise<void> {
  for (let done = 1; done <= STEPS; done++) {
    await sleep(STEP)
    channel.publish('progress', { done, of: STEPS })
  }
  channel.publish('finished', { rows: STEPS * 1_000 })
}

const server = createServer(
  listener(async (request, response) => {
    const { pathname } = new URL(`http://localhost${request.url}`)
    const id = /^\/jobs\/([\w-]+)$/.exec(pathname)?.[1]
    if (id !== undefined && jobs.has(id)) {
      respond(jobs.get(id), request, response, { from: 'start' })
    } else if (pathname === '/jobs' && request.method === 'POST') {
      response.writeHead(202, { Location: `/jobs/${startJob()}` }).end()
    } else {
      await servePage(new URL('index.html', import.meta.url), pathname, response)
    }
  }),
)

server.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`)
})

process.once('SIGINT', () => process.exit())
