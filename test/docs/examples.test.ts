// Every example of a docstring is a program: it compiles against the package's own names, and it runs. A server answers with
// events; everything else ends by itself, and prints what the example says.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Running } from '../programs.ts'
import { type Redis, redisOfThisRun } from '../redis/redis-of-this-run.ts'
import { examples } from './examples.ts'
import { exampleServer, outcomeOf, promisedBy, type Server, startProgram } from './run-program.ts'
import { about, layOut, type Workplace } from './workplace.ts'

const running: Running[] = []
let workplace: Workplace
let complaints: string[]
let server: Server
let redis: Redis | undefined

beforeAll(async () => {
  workplace = await layOut(examples)
  complaints = await workplace.compile()
  server = await exampleServer()
  redis = await redisOfThisRun()
})

afterAll(async () => {
  await Promise.all(running.map((program) => program.stop('SIGKILL')))
  await Promise.all([server.close(), redis?.stop(), workplace.remove()])
})

// Runs five at a time, vitest's bound: a program mostly starts and waits.
describe.concurrent.each(examples)('the example of $name at $place', (example) => {
  it('compiles', () => {
    expect(example.code).toMatch(/ from 'eventwire/)
    expect(about(example, complaints)).toEqual([])
  })

  it('shows what comes of it', () => {
    expect(example.code).toMatch(/\/\/ -> |\.listen\(|^export default /m)
  })

  it('runs', async (context) => {
    if (redis === undefined && example.code.includes('REDIS_URL')) return context.skip()
    const program = await startProgram(
      workplace.pathOf(example),
      { 'https://example.com': server.address },
      { REDIS_URL: redis?.url ?? '' },
    )
    running.push(program)
    const outcome = await outcomeOf(program)
    if ('event' in outcome) expect(outcome.event).toBeDefined()
    else expect(outcome).toEqual({ code: 0, errors: '', lines: promisedBy(example.code) })
  })
})

it('has nothing else to complain about', () => {
  expect(complaints).toEqual([])
})
