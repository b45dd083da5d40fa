// MCP's client reads a channel as its Streamable HTTP stream, and resumes by itself where it was cut.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { expect, it, onTestFinished } from 'vitest'
import { createChannel } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'
import { serve } from './scene.ts'

type Events = { message: JSONRPCMessage }

/** A server of one tool, whose call is answered by a channel. */
async function greeter() {
  const channel = createChannel<Events>({ stream: { retry: 1 } })
  const scene = await serve(({ method, body, lastEventId }, request, response) => {
    const reply = (result: object) => {
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify({ jsonrpc: '2.0', id: body.id, result }))
    }
    if (method === 'GET' && lastEventId === undefined) response.writeHead(405).end()
    else if (method === 'GET') respond(channel, request, response)
    else if (body.method === 'initialize') {
      const { protocolVersion } = body.params
      reply({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'greeter', version: '1' } })
    } else if (body.id === undefined) response.writeHead(202).end()
    else if (body.method === 'tools/list') reply({ tools: [{ name: 'greet', inputSchema: { type: 'object' } }] })
    else respond(channel, request, response, { from: 'start' })
  })
  const client = new Client({ name: 'test', version: '1' })
  const errors: string[] = []
  client.onerror = ({ message }) => errors.push(message)
  await client.connect(new StreamableHTTPClientTransport(new URL(`${scene.url}/mcp`)))
  onTestFinished(() => client.close())

  const called = () => scene.request(({ body }) => body?.method === 'tools/call').then(({ body }) => body)
  const report = async (progress: number) => {
    const { progressToken } = (await called()).params._meta
    const params = { progressToken, progress, total: 4 }
    await channel.publish('message', { jsonrpc: '2.0', method: 'notifications/progress', params })
  }
  const finish = async () => {
    const result = { content: [{ type: 'text', text: 'Hello, world.' }] }
    await channel.publish('message', { jsonrpc: '2.0', id: (await called()).id, result })
    await channel.close({ final: true })
  }
  return { ...scene, client, errors, report, finish }
}

const RESULT = { content: [{ type: 'text', text: 'Hello, world.' }] }

it('delivers progress as it is published, and the result', async () => {
  const { client, errors, report, finish, requests } = await greeter()
  const seen: number[] = []
  const onprogress = ({ progress }: { progress: number }) => {
    seen.push(progress)
    void (progress < 4 ? report(progress + 1) : finish())
  }
  const calling = client.callTool({ name: 'greet' }, undefined, { onprogress })
  await report(1)
  expect(await calling).toEqual(RESULT)
  expect([seen, errors]).toEqual([[1, 2, 3, 4], []])
  expect(requests.filter(({ lastEventId }) => lastEventId !== undefined)).toEqual([])
})

it('resumes behind the last event when it is cut', async () => {
  const { client, errors, report, finish, request, cut, requests } = await greeter()
  const seen: number[] = []
  const cuts = [1, 3]
  const onprogress = async ({ progress }: { progress: number }) => {
    seen.push(progress)
    if (cuts.includes(progress)) cut()
    // Events that are published while the client is disconnected are replayed.
    await (progress < 4 ? report(progress + 1) : finish())
  }
  const calling = client.callTool({ name: 'greet' }, undefined, { onprogress })
  await request(({ body }) => body?.method === 'tools/call')
  await report(1)
  expect(await calling).toEqual(RESULT)
  expect(seen).toEqual([1, 2, 3, 4])
  const resumed = requests.filter(({ lastEventId }) => lastEventId !== undefined)
  expect(resumed.map(({ method, lastEventId }) => [method, lastEventId?.split('.')[1]])).toEqual([
    ['GET', '1'],
    ['GET', '3'],
  ])
  expect(errors).toEqual(Array(2).fill('SSE stream disconnected: TypeError: terminated'))
})

it('resumes from the cursor that comes before the first event', async () => {
  const { client, finish, requests, cut, request } = await greeter()
  let token: ((cursor: string) => void) | undefined
  const primed = new Promise<string>((resolve) => {
    token = resolve
  })
  const onresumptiontoken = (cursor: string) => token?.(cursor)
  const calling = client.callTool({ name: 'greet' }, undefined, { onresumptiontoken })
  expect(await primed).toMatch(/\.0$/)
  cut()
  await request(({ lastEventId }) => lastEventId !== undefined)
  await finish()
  expect(await calling).toEqual(RESULT)
  expect(requests.find(({ lastEventId }) => lastEventId !== undefined)!.lastEventId).toMatch(/\.0$/)
})
