// A chat whose answers survive reloads, tabs and, over Redis, processes: npm run build && npx node examples/model-tokens/server.ts
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { respond } from 'eventwire/node'
import { redisLog } from 'eventwire/redis'
import { createRuns } from 'eventwire/runs'
import { createChannel, memoryLog } from 'eventwire/server'
import { createClient } from 'redis'
import { listener } from '../listener.ts'
import { servePage } from '../serve-page.ts'
import { generate } from './model.ts'

/** With REDIS_URL any number of processes serve one chat. */
const { REDIS_URL, LEASE = '15000', PORT = '3000' } = process.env
const client = REDIS_URL === undefined ? undefined : createClient({ url: REDIS_URL })
const logOf = (key: string) => (client ? redisLog({ client, key, expireAfter: 86_400_000 }) : memoryLog())

/** The questions, in one order for all tabs. */
const chat = createChannel<{ asked: { id: string; prompt: string } }>({ log: logOf('chat') })

/** The answers. Nothing stops one but its end and its stop button. */
const answers = createRuns<{ token: string; failed: { reason: string } }, string>({
  log: (id) => logOf(`answers/${id}`),
  lease: Number(LEASE),
  async *run({ input, signal }) {
    for await (const token of generate(input, signal)) yield { type: 'token', data: token }
  },
  failed: () => ({ type: 'failed', data: { reason: 'The model did not finish its answer.' } }),
  lost: { type: 'failed', data: { reason: 'The server went away. Ask again.' } },
})
answers.onError((error) => console.error(error.cause ?? error)) // the error itself stays here

const server = createServer(
  listener(async (request, response) => {
    const { pathname } = new URL(`http://localhost${request.url}`)
    // The page creates the id, so a question that is sent twice starts one run. A client that has the id can read the answer.
    const id = /^\/answers\/([\w-]+)$/.exec(pathname)?.[1]
    if (pathname === '/chat') {
      respond(chat, request, response, { from: 'start' })
    } else if (id === undefined) {
      await servePage(new URL('index.html', import.meta.url), pathname, response)
    } else if (request.method === 'POST') {
      const prompt = await text(request)
      const { started } = await answers.start(id, prompt)
      if (started) await chat.publish('asked', { id, prompt })
      response.writeHead(204).end()
    } else if (request.method === 'DELETE') {
      await answers.stop(id)
      response.writeHead(204).end()
    } else {
      await respond(answers, id, request, response)
    }
  }),
)

server.listen(Number(PORT), () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}`)
})

/** A deploy waits for the answers that are under way, and takes no new connections; Ctrl-C does not wait. */
for (const [signal, deadline] of [
  ['SIGTERM', 20_000],
  ['SIGINT', 0],
] as const) {
  process.once(signal, async () => {
    server.close()
    await answers.close({ deadline })
    process.exit()
  })
}
