/** Tables of medians with their ranges and their ratio to a floor, and where they are kept. */
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, release } from 'node:os'
import { chart, shown } from './chart.ts'
import { median } from './harness.ts'

/** Values by cell and contestant, one for each round. */
export type Results = { readonly [cell: string]: { readonly [contestant: string]: readonly number[] } }

/** Results that grow by one value at a time. */
export class Collected {
  readonly results: Record<string, Record<string, number[]>> = {}

  add(cell: string, contestant: string, value: number): void {
    this.results[cell] ??= {}
    this.results[cell][contestant] ??= []
    this.results[cell][contestant].push(value)
  }
}

const folder = new URL('../docs/benchmarks/', import.meta.url)

/** Makes the package that is measured; what a failure printed is in its error. */
export function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: new URL('..', import.meta.url),
    stdio: 'pipe',
    encoding: 'utf8',
  })
}

/** One Markdown table; the floor, or the first without one, stands for 1.00 in each cell, and whoever cannot take part says why. */
export function figures(
  results: Results,
  floor: string,
  cannot: { readonly [contestant: string]: string } = {},
): string {
  const lines = [`| | contestant | median [min–max] | × ${floor === '' ? 'the first' : 'floor'} |`, '|---|---|---|---|']
  for (const [cell, contestants] of Object.entries(results)) {
    const unit = median(contestants[floor] ?? Object.values(contestants)[0]!)
    for (const [name, values] of Object.entries(contestants)) {
      lines.push(`| ${cell} | ${name} | ${spread(values)} | ${(median(values) / unit).toFixed(2)} |`)
    }
    for (const [name, reason] of Object.entries(cannot)) lines.push(`| ${cell} | ${name} | cannot: ${reason} | |`)
  }
  return lines.join('\n')
}

export function spread(values: readonly number[]): string {
  return `${shown(median(values))} [${shown(Math.min(...values))}–${shown(Math.max(...values))}]`
}

export const machine: string = `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model.trim()}, ${process.platform} ${release()}`

/** Keeps the figures, their chart and the page about them in docs/benchmarks. */
export async function save(name: string, results: Results, page: string): Promise<void> {
  await keep(name, { machine, results }, `${page}\n${await draw(name, results)}\n`)
}

/** @returns the line that shows the chart on a page. */
export async function draw(name: string, results: Results): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(new URL(`${name}.svg`, folder), chart(results))
  return `![The medians as bars](${name}.svg)`
}

export async function keep(name: string, figures: object, page: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(figures, rounded, 1)}\n`)
  await writeFile(new URL(`${name}.md`, folder), page)
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value
}
