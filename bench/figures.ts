/** Tables of medians with their ranges and their ratio to a floor, and where they are kept. */
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { chart, shown } from './chart.ts'
import { median } from './harness.ts'

/** Values by cell and contestant, one for each round. */
export type Results = { readonly [cell: string]: { readonly [contestant: string]: readonly number[] } }

/** Makes the package that is measured. */
export function build(): void {
  execFileSync('npm', ['run', 'build'], { cwd: new URL('..', import.meta.url), stdio: 'ignore' })
}

/** One Markdown table; the floor stands for 1.00 in each cell. */
export function figures(results: Results, floor: string): string {
  const lines = ['| | contestant | median [min–max] | × floor |', '|---|---|---|---|']
  for (const [cell, contestants] of Object.entries(results)) {
    const unit = median(contestants[floor] ?? Object.values(contestants)[0]!)
    for (const [name, values] of Object.entries(contestants)) {
      const range = `${shown(Math.min(...values))}–${shown(Math.max(...values))}`
      lines.push(`| ${cell} | ${name} | ${shown(median(values))} [${range}] | ${(median(values) / unit).toFixed(2)} |`)
    }
  }
  return lines.join('\n')
}

/** Keeps the figures, their chart and the page about them in docs/benchmarks. */
export async function save(name: string, results: Results, page: string): Promise<void> {
  const folder = new URL('../docs/benchmarks/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model }
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify({ machine, results }, null, 1)}\n`)
  await writeFile(new URL(`${name}.svg`, folder), chart(results))
  await writeFile(new URL(`${name}.md`, folder), `${page}\n![The medians as bars](${name}.svg)\n`)
}
