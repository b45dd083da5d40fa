// Every TypeScript block of the README and the guides compiles, as a reader would paste it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiled as blocks } from './blocks.ts'
import { about, layOut, type Workplace } from './workplace.ts'

let workplace: Workplace
let complaints: string[]

beforeAll(async () => {
  workplace = await layOut(blocks)
  complaints = await workplace.compile()
})

afterAll(() => workplace.remove())

describe('the snippet at', () => {
  it.each(blocks)('$place compiles', (block) => {
    expect(about(block, complaints)).toEqual([])
  })
})

it('has nothing else to complain about', () => {
  expect(complaints).toEqual([])
})
