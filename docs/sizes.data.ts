import { readFileSync } from 'node:fs'

interface Size {
  readonly name: string
  readonly limit: string
}

const file = new URL('../.size-limit.json', import.meta.url)

/** The cost of each import in a bundle, minified and gzipped, at most: the limits that the tests hold. */
export declare const data: readonly Size[]

export default {
  watch: ['../.size-limit.json'],
  load: (): readonly Size[] => JSON.parse(readFileSync(file, 'utf8')).map(({ name, limit }: Size) => ({ name, limit })),
}
