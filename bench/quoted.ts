/** Writes figures into the pages that quote them. `npm run bench` does so at its end, and a test of the documentation compares them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { median } from './harness.ts'

/** Figures in the text of one page. */
export interface Quote {
  readonly page: string
  /** The text around the figures, which are `#` here. It stands on the page exactly once. */
  readonly text: string
  readonly figures: readonly (() => string)[]
}

type Cells<Value> = { readonly [cell: string]: { readonly [contestant: string]: readonly Value[] } }

const root = new URL('../', import.meta.url)
const FIGURE = '\\d[\\d.,]*'

/** The last kept results of a benchmark. */
export function results<Value = number>(benchmark: string): Cells<Value> {
  return JSON.parse(read(`docs/benchmarks/${benchmark}.json`)).results
}

export function ratioToFloor(benchmark: string, cell: string, contestant: string, floor: string): number {
  const contestants = results(benchmark)[cell]!
  return median(contestants[contestant]!) / median(contestants[floor]!)
}

/** The contestants that are other libraries. */
export function rivals(benchmark: string, cell: string): string[] {
  return Object.keys(results(benchmark)[cell]!).filter((name) => !/^(floor|eventwire)/.test(name))
}

/** A size limit in kB, by the name in `.size-limit.json`. */
export function limit(name: string): number {
  const limits: { name: string; limit: string }[] = JSON.parse(read('.size-limit.json'))
  return Number.parseFloat(limits.find((each) => each.name === name)!.limit)
}

/** The page with the quote as the results have it now. */
export function quoted(page: string, { text, figures, page: name }: Quote): string {
  const pattern = places(text)
  const found = page.match(pattern)?.length ?? 0
  if (found !== 1) throw new Error(`${name} has "${text}" ${found} times; a quote stands there exactly once`)
  let next = 0
  return page.replace(pattern, () => text.replaceAll('#', () => figures[next++]!()))
}

/** The page without the figures that are quoted. */
export function withoutQuotes(page: string, quotes: readonly Quote[]): string {
  return quotes.reduce((text, quote) => text.replace(places(quote.text), ''), page)
}

/** Brings every page up to date. */
export function writeQuotes(quotes: readonly Quote[]): void {
  for (const quote of quotes) writeFileSync(new URL(quote.page, root), quoted(read(quote.page), quote))
}

export function read(name: string): string {
  return readFileSync(new URL(name, root), 'utf8')
}

function places(text: string): RegExp {
  const parts = text.split('#').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(parts.join(FIGURE), 'g')
}
