/** The memory of a kept event: heap and buffers of a history of its own, beside the bytes that it is on the wire. */
import { figures, machine, type Results, save } from './figures.ts'
import { reply, SERVER_CORE, start, stop } from './processes.ts'

const FLOOR = 'floor: its bytes on the wire'
const ROUNDS = Number(process.env.ROUNDS ?? 3)
const SIZES = { '100 B': 100, '1 KB': 1_000, '16 KB': 16_000 }

interface HeapFigures {
  readonly kept: number
  readonly bytes: number
  /** Bytes of one event on the wire. */
  readonly wire: number
}

export async function run(): Promise<void> {
  const cells: Record<string, Record<string, number[]>> = {}
  const totals: string[] = []
  for (const [label, size] of Object.entries(SIZES)) {
    const floor: number[] = []
    const ours: number[] = []
    let last!: HeapFigures
    for (let round = 0; round < ROUNDS; round++) {
      last = await measure(size)
      floor.push(last.wire)
      ours.push(last.bytes / last.kept)
    }
    cells[`bytes held for each kept event of ${label}`] = { [FLOOR]: floor, eventwire: ours }
    totals.push(`${label}: ${last.kept.toLocaleString('en')} events, ${(last.bytes / 1e6).toFixed(1)} MB`)
  }
  const results: Results = cells
  const table = figures(results, FLOOR)
  console.log(`${table}\n${totals.join('; ')}`)
  await save(
    'history',
    results,
    `# Keeping a history

The default log of a channel is filled with more events than it keeps. The figure is the memory for each kept event: heap and buffers after a garbage
collection, less those of the process before. Medians of ${ROUNDS} rounds, each in a new process. Less is better. The default log then
holds: ${totals.join('; ')}. ${machine}. Run it: \`npm run bench -- history\`.

${table}
`,
  )
}

async function measure(size: number): Promise<HeapFigures> {
  const holder = start('history/holder.ts', [String(size)], SERVER_CORE)
  try {
    return await reply<HeapFigures>(holder)
  } finally {
    stop(holder)
  }
}
