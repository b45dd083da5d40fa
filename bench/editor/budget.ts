/** Prints the completion times beside their budget: `npm run budget:editor`. Nothing fails here; a shared machine may be slow. */
import { median } from '../harness.ts'
import { FLOOR } from './contestants.ts'
import { measure } from './measure.ts'

/** Milliseconds at 200 events. */
const BUDGET = 25

for (const [cell, contestants] of Object.entries(await measure())) {
  const [floor, ours] = [contestants[FLOOR]!, contestants.Eventwire!].map(median)
  const budget = cell.includes(' 200 ') ? `, budget ${BUDGET}${ours! > BUDGET ? ': OVER' : ''}` : ''
  console.log(`${cell}: ${ours!.toFixed(1)} (a bare emitter ${floor!.toFixed(1)})${budget}`)
}
