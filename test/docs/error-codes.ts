import { readFile } from 'node:fs/promises'
import { root } from '../programs.ts'

const source = await readFile(`${root}src/shared/errors.ts`, 'utf8')
const union = /^export type EventwireErrorCode =\n((?: {2}\| '[\w-]+'\n)+)/m.exec(source)![1]!

/** Every code that an error may have. */
export const errorCodes: readonly string[] = [...union.matchAll(/'([\w-]+)'/g)].map((match) => match[1]!)
