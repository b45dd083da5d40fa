/** Milliseconds from a keystroke to the completions, in a server that is warm: medians of interleaved rounds. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Results } from '../figures.ts'
import { layOut } from './contestants.ts'
import { TsServer } from './tsserver.ts'

/** TypeScript 5.9, which most editors run. */
const compiler = fileURLToPath(new URL('../../test/compilers/node_modules/typescript', import.meta.url))

const SIZES = [200, 1_000, 5_000]
const ROUNDS = Number(process.env.ROUNDS ?? 25)
const WARM_UP = 20

/** The places of the cursor, and a name that has to be offered there. */
const PLACES: Readonly<Record<string, { code: string; expected: string }>> = {
  'on(': { code: 'source.on(‸)', expected: 'event7' },
  'data.': { code: "source.on('event7', (data) => data.‸)", expected: 'at' },
}

export async function measure(before?: string): Promise<Results> {
  const folder = mkdtempSync(join(tmpdir(), 'editor-'))
  try {
    const contestants = layOut(folder, before)
    const results: Record<string, Record<string, number[]>> = {}
    for (const size of SIZES) {
      for (const [place, { code, expected }] of Object.entries(PLACES)) {
        const cell: Record<string, number[]> = {}
        results[`${place} ${size.toLocaleString('en')} events, ms`] = cell
        const typists = [...contestants].map(([name, { folder, source }]) => {
          cell[name] = []
          return { values: cell[name], typist: new Typist(folder, `${mapOf(size)}${source}${code}\n`, expected) }
        })
        try {
          for (let round = -WARM_UP; round < ROUNDS; round++) {
            for (const { values, typist } of typists) {
              const took = await typist.type()
              if (round >= 0) values.push(took)
            }
          }
        } finally {
          for (const { typist } of typists) typist.stop()
        }
      }
    }
    return results
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Types a character in a comment and asks for the completions at the cursor. */
class Typist {
  readonly #server = new TsServer(compiler)
  readonly #file: string
  readonly #line: number
  readonly #offset: number
  readonly #expected: string
  #keystrokes = 0

  constructor(folder: string, code: string, expected: string) {
    const lines = `// 0\n${code}`.split('\n')
    this.#line = lines.findIndex((line) => line.includes('‸')) + 1
    this.#offset = lines[this.#line - 1]!.indexOf('‸') + 1
    this.#expected = expected
    this.#file = join(folder, 'program.ts')
    this.#server.open(this.#file, lines.join('\n').replace('‸', ''))
  }

  async type(): Promise<number> {
    this.#server.replace(this.#file, 1, 4, `${++this.#keystrokes % 10}`)
    const started = performance.now()
    const names = await this.#server.completions(this.#file, this.#line, this.#offset)
    const took = performance.now() - started
    if (!names.some((name) => name.replaceAll(/["']/g, '') === this.#expected)) {
      throw new Error(`"${this.#expected}" is not offered, but ${names.slice(0, 5).join(', ')}`)
    }
    return took
  }

  stop(): void {
    this.#server.stop()
  }
}

/** A map in which the payloads are not alike, and have dates, lists and objects in them. */
function mapOf(size: number): string {
  const members = Array.from(
    { length: size },
    (_, index) =>
      `  event${index}: { id: number; at: Date; kind: 'k${index}'; tags: string[]; nested: { count: number; since?: Date } }`,
  )
  return `interface AppEvents {\n${members.join('\n')}\n}\n`
}
