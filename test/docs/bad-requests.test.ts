// A request that nobody should send ends its own response: the servers that the guides print, and the examples, go on serving.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../free-port.ts'
import { RawClient } from '../node/raw-client.ts'
import { type Running, start } from '../programs.ts'
import { blocks } from './blocks.ts'
import { addressOf, startProgram } from './run-program.ts'
import { layOut, type Workplace } from './workplace.ts'

/** The id of an answer is missing, a body is not JSON, a topic has a line break, and a path is not part of a URL. */
const BAD: readonly (readonly [line: string, body?: string])[] = [
  ['GET //'],
  ['GET /?topics=orders/%0A'],
  ['GET /answers/'],
  ['POST /answers/', 'Why?'],
  ['DELETE /answers/'],
  ['POST /', '{oops'],
  ['POST /', 'null'],
  ['POST /api/chat', '{oops'],
  ['POST /prices', '{oops'],
  ['GET /prices?client=%0A&confirm'],
  ['GET /link?rate=fast'],
]
/** Where a client leaves while it uploads. */
const UPLOADS = ['POST /', 'POST /answers/1', 'POST /api/chat']
const EXAMPLES = 'dashboard job-progress model-tokens notifications orders ping presence two-machines'.split(' ')
/** Nobody publishes here, so no Redis need be there. */
const ENV: Record<string, Record<string, string>> = { 'two-machines': { REDIS_URL: 'redis://127.0.0.1:9' } }

const printed = blocks.filter(({ program, code }) => program && code.includes('.listen(3000)'))
let workplace: Workplace

beforeAll(async () => {
  workplace = await layOut(blocks)
})

afterAll(() => workplace.remove())

describe('outlives every bad request:', () => {
  it.each(printed)('the server at $place', async (block) => {
    const server = await startProgram(workplace.pathOf(block), {})
    await expectToOutlive(server, Number(new URL(await addressOf(server)).port))
  })

  it.each(EXAMPLES)('examples/%s', async (name) => {
    const port = await freePort()
    const server = await start('node', [`examples/${name}/server.ts`], { PORT: String(port), ...ENV[name] })
    await server.line(/\n/)
    await expectToOutlive(server, port)
  })
})

async function expectToOutlive(server: Running, port: number): Promise<void> {
  onTestFinished(() => void server.stop('SIGKILL'))
  const asked = await sendBadRequests(port).catch((error: Error) => error.message)
  expect(await server.stop('SIGKILL'), server.errors()).toBeNull()
  expect(asked).toBeUndefined()
}

async function sendBadRequests(port: number): Promise<undefined> {
  for (const [line, body = ''] of BAD) await answered(port, `${line} HTTP/1.1`, body)
  for (const line of UPLOADS) {
    const client = await RawClient.open(port, [`${line} HTTP/1.1`, 'Content-Length: 100', 'Expect: 100-continue'])
    await client.until('HTTP/1.1 ') // the handler has the request
    client.socket.resetAndDestroy()
    await answered(port, 'GET /anything HTTP/1.1')
  }
}

/** Sends a request, and resolves once its response has begun or its connection has ended. */
async function answered(port: number, line: string, body = ''): Promise<void> {
  const length = body === '' ? [] : [`Content-Length: ${body.length}`]
  const client = await RawClient.open(port, [line, ...length], body)
  await client.until('HTTP/1.1 ').catch(() => client.end())
  client.socket.destroy()
}
