// The routes on the page about web frameworks serve a channel as they stand there. Nest's, which Node cannot run without a
// build, is compiled here and run by test/runtimes.
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readEvents } from '../../src/client/index.ts'
import { blocks } from './blocks.ts'
import { addressOf, startProgram } from './run-program.ts'
import { layOut, type Workplace } from './workplace.ts'

interface AppEvents {
  message: { from: string; text: string }
}

const page = blocks.filter(({ document }) => document === 'docs/recipes/hosts.md')
let workplace: Workplace
let folder: string

beforeAll(async () => {
  workplace = await layOut(page)
  folder = dirname(workplace.pathOf(page[0]!))
})

afterAll(() => workplace.remove())

/** Publishes for as long as somebody may read. */
const PUBLISHING = `import { channel } from './channel.ts'
setInterval(() => channel.publish('message', { from: 'the test', text: 'hello' }), 20)
`

async function runWith(name: string, code: string) {
  const file = join(folder, `run-${name}.ts`)
  await writeFile(file, PUBLISHING + code)
  const program = await startProgram(file, {})
  onTestFinished(() => void program.stop('SIGKILL'))
  return program
}

const listening: Record<string, string> = {
  express: "import { app } from './express.ts'\napp.listen(3000)\n",
  koa: "import { app } from './koa.ts'\napp.listen(3000)\n",
  fastify: "import { app } from './fastify.ts'\nawait app.listen({ port: 0, host: '127.0.0.1' })\n",
}

describe("the page's route", () => {
  it.each(Object.entries(listening))('in %s serves the channel', async (name, code) => {
    const program = await runWith(name, code)
    const response = await fetch(`${await addressOf(program)}/events`)
    for await (const { type, data } of readEvents<AppEvents>(response)) {
      expect([type, data]).toEqual(['message', { from: 'the test', text: 'hello' }])
      break
    }
    expect(program.errors()).toBe('')
  })

  it.each([
    ['hono', "import { app } from './hono.ts'\nconst response = await app.request('/events')"],
    ['next', "import { GET } from './route.ts'\nconst response = GET(new Request('http://localhost/events'))"],
  ])('in %s serves the channel', async (name, code) => {
    const reading = `import { collectEvents } from 'eventwire/testing'
${code}
const [event] = await collectEvents(response, { count: 1 })
console.log(JSON.stringify(event.data))
process.exit()
`
    const program = await runWith(name, reading)
    expect(await program.exited()).toBe(0)
    expect(program.output()).toBe('{"from":"the test","text":"hello"}\n')
  })
})
