/** Figures as one JSON file and one Markdown file in `docs/benchmarks/`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { type Contest, median, type Row } from './harness.ts'

const folder = new URL('../docs/benchmarks/', import.meta.url)

export function report(name: string, contest: Contest, rows: readonly Row[], keep: boolean): string {
  const { question, unit, contestants, baseline } = contest
  const runtime = `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model.trim()}, ${process.platform} ${release()}`
  const ratio = ({ rates }: Row, contestant: string) => {
    const own = rates[contestant]!
    return median(own.map((rate, round) => rate / rates[baseline]![round]!))
  }
  const bestRatio = ({ rates }: Row, contestant: string) =>
    Math.max(...rates[contestant]!) / Math.max(...rates[baseline]!)
  const text = `# ${name}

${question} Each figure is the median of interleaved rounds, every contestant in its own process, ${unit} by CPU time.
Made by \`npm run bench -- ${name}\` on ${runtime}.

Ratio to ${baseline}, median of the rounds (of the fastest rounds, which neighbours on the machine disturb least):

${table(contestants, rows, (row, contestant) => `${figure(ratio(row, contestant))} (${figure(bestRatio(row, contestant))})`)}

${unit[0]!.toUpperCase()}${unit.slice(1)}, median [lowest–highest]:

${table(contestants, rows, ({ rates }, contestant) => spread(rates[contestant]!))}
`
  if (!keep) return text
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL(`${name}.md`, folder), text)
  const figures = rows.map((row) => ({
    cell: row.cell,
    ratios: Object.fromEntries(
      contestants.map((contestant) => [contestant, Number(ratio(row, contestant).toFixed(3))]),
    ),
    fastest: Object.fromEntries(
      contestants.map((contestant) => [contestant, Number(bestRatio(row, contestant).toFixed(3))]),
    ),
    rates: row.rates,
  }))
  writeFileSync(
    new URL(`${name}.json`, folder),
    `${JSON.stringify({ question, unit, baseline, runtime, figures }, rounded)}\n`,
  )
  return text
}

function table(contestants: readonly string[], rows: readonly Row[], show: (row: Row, contestant: string) => string) {
  const lines = [['', ...contestants], contestants.reduce((rule) => [...rule, '--:'], ['---'])]
  for (const row of rows) lines.push([row.cell, ...contestants.map((contestant) => show(row, contestant))])
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function spread(rates: readonly number[]): string {
  return `${thousands(median(rates))} [${thousands(Math.min(...rates))}–${thousands(Math.max(...rates))}]`
}

function thousands(rate: number): string {
  return rate < 1000 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en')
}

function figure(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(1)
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value
}
