import { createStream, respond } from 'eventwire/node'
import Koa from 'koa'
import { clock } from '../clock.ts'
import { type AppEvents, sendTicks } from '../ticks.ts'

const app = new Koa()

app.use(async (ctx) => {
  if (ctx.path === '/clock') respond(clock, ctx.request, ctx.response)
  if (ctx.path !== '/events') return
  const name = ctx.method === 'POST' ? (await bodyOf(ctx.req)).name : undefined
  sendTicks(createStream<AppEvents>(ctx.request, ctx.response), name)
})

async function bodyOf(request: AsyncIterable<Uint8Array>): Promise<{ name: string }> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

app.listen(Number(process.env.PORT ?? 3000), () => console.log('listening'))
