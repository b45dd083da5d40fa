// MCP's own transport resumes its clients from an event store over a log, whichever of its streams was cut.
import { randomUUID } from 'node:crypto'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { type EventStore, StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { expect, it, onTestFinished } from 'vitest'
import { memoryLog } from '../../../src/server/index.ts'
import { createEventStore } from '../../../src/server/mcp/index.ts'
import { serve } from './scene.ts'

/** A server with a tool that counts to four, one step at a time. */
async function counting() {
  const eventStore: EventStore = createEventStore(memoryLog())
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, eventStore, retryInterval: 1 })
  const server = new McpServer({ name: 'counter', version: '1' }, { capabilities: { logging: {} } })
  const steps: (() => void)[] = []
  const mayStep = Array.from({ length: 5 }, () => new Promise<void>((resolve) => steps.push(resolve)))
  server.registerTool('count', {}, async ({ _meta, sendNotification }) => {
    for (let progress = 1; progress <= 4; progress++) {
      await mayStep[progress - 1]
      const params = { progressToken: _meta!.progressToken!, progress, total: 4 }
      await sendNotification({ method: 'notifications/progress', params })
    }
    await mayStep[4]
    return { content: [{ type: 'text', text: 'counted' }] }
  })
  // The SDK's declarations are not exact about optional members.
  await server.connect(transport as Parameters<typeof server.connect>[0])
  const scene = await serve(({ body }, request, response) => transport.handleRequest(request, response, body))
  const client = new Client({ name: 'test', version: '1' })
  const clientTransport = new StreamableHTTPClientTransport(new URL(`${scene.url}/mcp`))
  await client.connect(clientTransport as Parameters<typeof client.connect>[0])
  onTestFinished(async () => {
    await client.close()
    await server.close()
  })
  return { ...scene, server, client, step: () => steps.shift()?.() }
}

it('the stream of a call resumes behind the last event, with what happened meanwhile', async () => {
  const { client, cut, step, requests } = await counting()
  const seen: number[] = []
  const onprogress = ({ progress }: { progress: number }) => {
    seen.push(progress)
    if (progress === 2) {
      cut()
      step() // while the client is away
    }
    step()
  }
  const calling = client.callTool({ name: 'count' }, undefined, { onprogress })
  step()
  expect(await calling).toEqual({ content: [{ type: 'text', text: 'counted' }] })
  expect(seen).toEqual([1, 2, 3, 4])
  const resumed = requests.filter(({ lastEventId }) => lastEventId !== undefined)
  expect(resumed.length).toBeGreaterThan(0)
})

it('the stream of the session resumes, too, which has the same name in every session', async () => {
  const { client, server, cut, request, requests } = await counting()
  const seen: unknown[] = []
  const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    seen.push(params.data)
    arrived[seen.length - 1]!.resolve()
  })
  await request(({ method }) => method === 'GET')
  await server.sendLoggingMessage({ level: 'info', data: 'before' })
  await arrived[0]!.promise
  cut()
  await server.sendLoggingMessage({ level: 'info', data: 'while it is away' })
  await arrived[1]!.promise
  expect(seen).toEqual(['before', 'while it is away'])
  expect(requests.filter(({ lastEventId }) => lastEventId !== undefined)).toHaveLength(1)
})

it('an event that the log does not have is refused', async () => {
  const { client, url } = await counting()
  const { sessionId } = client.transport as StreamableHTTPClientTransport
  const headers = {
    Accept: 'text/event-stream',
    'Mcp-Session-Id': sessionId!,
    'Mcp-Protocol-Version': '2025-11-25',
    'Last-Event-ID': 'other.1',
  }
  expect((await fetch(`${url}/mcp`, { headers })).status).toBe(400)
})
