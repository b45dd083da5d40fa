// Every block of the README and the guides that is marked as a program runs with Node as it stands there: a server answers
// with events, everything else ends by itself or prints what such a server sends. And every block that could is marked.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Running } from '../programs.ts'
import { type Block, blocks } from './blocks.ts'
import { addressOf, exampleServer, outcomeOf, printed, promisedBy, type Server, startProgram } from './run-program.ts'
import { layOut, type Workplace } from './workplace.ts'

/** Where the servers of the guides listen, and where their clients look for them. */
const HERE = 'http://localhost:3000'
const ELSEWHERE = 'https://example.com'

const programs = blocks.filter(({ program }) => program)
const running: Running[] = []
let workplace: Workplace
let elsewhere: Server

beforeAll(async () => {
  workplace = await layOut(blocks)
  elsewhere = await exampleServer()
})

afterAll(async () => {
  await Promise.all(running.map((program) => program.stop('SIGKILL')))
  await elsewhere.close()
  await workplace.remove()
})

describe('the program at', () => {
  it.each(programs)('$place runs', async (block) => {
    if (block.code.includes(HERE)) {
      const client = await run(block, await addressOf(await run(serverBeside(block))))
      const promised = promisedBy(block.code)
      if (promised.length === 0) return printed(client)
      expect(await client.exited()).toBe(0)
      expect([client.errors(), client.output().trimEnd().split('\n')]).toEqual(['', promised])
      return
    }
    if (hasClientBeside(block)) return void (await addressOf(await run(block)))
    const { asked } = elsewhere
    const program = await run(block)
    const outcome = await outcomeOf(program)
    if ('event' in outcome) {
      expect(outcome.event).toBeDefined()
      if (block.code.includes('SIGTERM')) expect(await program.stop('SIGTERM')).toBe(0)
    } else {
      const promised = promisedBy(block.code)
      const lines = promised.length > 0 ? promised : outcome.lines
      expect(outcome).toEqual({ code: 0, errors: '', lines })
      if (promised.length === 0 && block.code.includes(ELSEWHERE)) expect(elsewhere.asked).toBeGreaterThan(asked)
    }
  })
})

it('finds programs in the README, which a reader tries first', () => {
  const files = programs.filter(({ document }) => document === 'README.md').map(({ file }) => file)
  expect(files).toEqual(['server.ts', 'client.ts'])
})

describe('the block at', () => {
  it.each(blocks.filter(({ program }) => !program))('$place is not a program', ({ code }) => {
    const starts = /\.listen\(\d|^(const \w+ = )?subscribe[<(]|^for await|^console\./m
    const lacks =
      /^declare |\b(document|location|sessionStorage|pauseHidden|eventSourceTransport\(\)|vitest)|subscribe.*\('\//m
    if (starts.test(code)) expect(code).toMatch(lacks)
  })
})

async function run(block: Block, here = ''): Promise<Running> {
  const program = await startProgram(workplace.pathOf(block), { [HERE]: here, [ELSEWHERE]: elsewhere.address })
  running.push(program)
  return program
}

/** Whether another program asks this one what it promises. A plain request is not its protocol. */
function hasClientBeside(block: Block): boolean {
  const isClient = ({ document, code }: Block) =>
    document === block.document && code.includes(HERE) && promisedBy(code).length > 0
  return block.code.includes('.listen(3000)') && programs.some(isClient)
}

function serverBeside({ document }: Block): Block {
  return programs.find((block) => block.document === document && block.code.includes('.listen(3000)'))!
}
