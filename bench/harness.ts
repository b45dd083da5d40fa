/**
 * Contests: the same work done by several contestants, in interleaved rounds, each contestant and cell in a process of its
 * own, so that neither another contestant's shapes nor chunks of other sizes deoptimise its code. What counts is CPU time:
 * on a shared machine it is steadier than the clock.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { reply } from './processes.ts'

export interface Contest {
  /** The question that the figures answer, in one sentence. */
  readonly question: string
  /** The unit of the figures. */
  readonly unit: string
  readonly contestants: readonly string[]
  /** The contestant that stands for 1.00. */
  readonly baseline: string
  /** A contestant that only marks what the platform leaves room for; the chart has no room for its bar. */
  readonly bound?: string
  /** Contestants that cannot take part, with the reason. */
  readonly cannot?: { readonly [rival: string]: string }
  /** Cells by group. */
  readonly groups: { readonly [group: string]: readonly string[] }
  /** The name of a cell in the chart. @default its own name */
  nameOf?(cell: string): string
  /** The number of events that a pass must deliver. */
  expected(group: string, cell: string): number
  /** Called in the contestant's own process; the function does one pass and says how many events it delivered. */
  prepare(contestant: string, group: string, cell: string): Promise<() => number | Promise<number>>
}

export interface Sample {
  readonly rate: number
  readonly seconds: number
}

/** Rates of one cell, by contestant, one for each round. */
export interface Row {
  readonly cell: string
  readonly rates: { readonly [contestant: string]: readonly number[] }
}

const ROUNDS = Number(process.env.ROUNDS ?? 15)
/** Seconds of CPU for one contestant's sample of one cell; at least one pass. */
const SAMPLE = 0.025
const WARM_UP = 0.2
/** A cell whose pass is slower than this is sampled three times only. */
const SLOW_PASS = 0.2

/** Runs a contest; `file` is the module that exports it as `contest`. */
export async function sampled(file: string, contest: Contest): Promise<Row[]> {
  const rows: Row[] = []
  for (const [group, cells] of Object.entries(contest.groups)) {
    for (const cell of cells) {
      const children = new Map(contest.contestants.map((name) => [name, start(file, name, group, cell)]))
      try {
        rows.push({ cell: `${group}/${cell}`, rates: await interleave(children, contest.expected(group, cell), cell) })
      } finally {
        for (const child of children.values()) child.kill()
      }
    }
  }
  return rows
}

async function interleave(children: Map<string, ChildProcess>, expected: number, cell: string) {
  const rates: Record<string, number[]> = {}
  const slow = new Set<string>()
  for (const [name, child] of children) {
    const { seconds } = await sample(child, { cell, seconds: WARM_UP, expected })
    if (seconds > SLOW_PASS) slow.add(name)
    rates[name] = []
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, child] of children) {
      if (slow.has(name) && round >= 3) continue
      rates[name]!.push((await sample(child, { cell, seconds: SAMPLE, expected })).rate)
    }
  }
  return rates
}

function start(file: string, contestant: string, group: string, cell: string): ChildProcess {
  return fork(new URL('contestant.ts', import.meta.url), [file, contestant, group, cell])
}

function sample(child: ChildProcess, order: { cell: string; seconds: number; expected: number }): Promise<Sample> {
  child.send(order)
  return reply<Sample>(child)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
