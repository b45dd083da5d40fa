/** A contest's figures as JSON, one page with two tables, and a chart, in `docs/benchmarks/`. */
import { draw, keep, machine, type Results } from './figures.ts'
import { type Contest, median, type Row } from './harness.ts'

export async function report(name: string, contest: Contest, rows: readonly Row[], kept: boolean): Promise<string> {
  const { question, unit, contestants, baseline, cannot = {} } = contest
  const text = `# ${name}

${question} Each figure is the median of interleaved rounds, every contestant in its own process, ${unit} by CPU time.
Made by \`npm run bench -- ${name}\` on ${machine}.

Ratio to ${baseline}, median of the rounds (of the fastest rounds, which neighbours on the machine disturb least):

${table(contest, rows, (row, contestant) => {
  const ratio = median(ratios(row, contestant, baseline))
  return `${figure(ratio)} (${figure(bestRatio(row, contestant, baseline))})`
})}

${unit[0]!.toUpperCase()}${unit.slice(1)}, median [lowest–highest]:

${table(contest, rows, ({ rates }, contestant) => spread(rates[contestant]!))}
`
  if (!kept) return text
  const notes = Object.entries(cannot).map(([rival, reason]) => `\n${rival} cannot take part: ${reason}.\n`)
  const image = await draw(name, summary(contest, rows))
  const shown = `${cellsOf(contest).length > 1 ? 'Geometric mean of the ratios' : 'Ratio'} to ${baseline}; more is better:`
  const figures = rows.map((row) => ({
    cell: row.cell,
    ratios: byContestant(contestants, (contestant) => median(ratios(row, contestant, baseline))),
    fastest: byContestant(contestants, (contestant) => bestRatio(row, contestant, baseline)),
    rates: row.rates,
  }))
  await keep(name, { question, unit, baseline, machine, figures }, `${text}${notes.join('')}\n${shown}\n\n${image}\n`)
  return text
}

/** One block of bars a cell, over all groups; or one a group where all have the same cell. */
export function summary(contest: Contest, rows: readonly Row[]): Results {
  const { groups, baseline } = contest
  const contestants = contest.contestants.filter((name) => name !== contest.bound)
  const cells = cellsOf(contest)
  const blocks =
    cells.length > 1
      ? cells.map(
          (cell) => [contest.nameOf?.(cell) ?? cell, rows.filter((row) => row.cell.endsWith(`/${cell}`))] as const,
        )
      : Object.keys(groups).map((group) => [group, rows.filter((row) => row.cell.startsWith(`${group}/`))] as const)
  return Object.fromEntries(
    blocks.map(([title, own]) => [
      title,
      byContestant(contestants, (contestant) => [
        geometricMean(own.map((row) => median(ratios(row, contestant, baseline)))),
      ]),
    ]),
  )
}

function cellsOf({ groups }: Contest): string[] {
  return [...new Set(Object.values(groups).flat())]
}

/** Of the rounds that both have: a slow one has fewer. */
function ratios({ rates }: Row, contestant: string, baseline: string): number[] {
  const [own, others] = [rates[contestant]!, rates[baseline]!]
  return own.slice(0, others.length).map((rate, round) => rate / others[round]!)
}

function bestRatio({ rates }: Row, contestant: string, baseline: string): number {
  return Math.max(...rates[contestant]!) / Math.max(...rates[baseline]!)
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

function byContestant<Value>(contestants: readonly string[], of: (contestant: string) => Value): Record<string, Value> {
  return Object.fromEntries(contestants.map((contestant) => [contestant, of(contestant)]))
}

function table({ contestants }: Contest, rows: readonly Row[], show: (row: Row, contestant: string) => string): string {
  const lines = [
    ['', ...contestants],
    ['---', ...contestants.map(() => '--:')],
    ...rows.map((row) => [row.cell, ...contestants.map((contestant) => show(row, contestant))]),
  ]
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
