import { createStream } from 'eventwire/server'
import { type AppEvents, sendTicks } from '../../../../ticks.ts'

export function GET({ request }: { request: Request }): Response {
  const stream = createStream<AppEvents>(request)
  sendTicks(stream)
  return stream.response
}

export async function POST({ request }: { request: Request }): Promise<Response> {
  const { name } = (await request.json()) as { name: string }
  const stream = createStream<AppEvents>(request)
  sendTicks(stream, name)
  return stream.response
}
