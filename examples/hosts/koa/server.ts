import { createStream } from 'eventwire/node'
import Koa from 'koa'
import { type AppEvents, sendTicks } from '../ticks.ts'

const app = new Koa()

app.use(async (ctx) => {
  if (ctx.path !== '/events') return
  const name = ctx.method === 'POST' ? (await bodyOf(ctx.req)).name : undefined
  ctx.respond = false // the stream answers, not Koa
  sendTicks(createStream<AppEvents>(ctx.req, ctx.res), name)
})

async function bodyOf(request: AsyncIterable<Uint8Array>): Promise<{ name: string }> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

app.listen(Number(process.env.PORT ?? 3000), () => console.log('listening'))
