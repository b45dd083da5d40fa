/**
 * The cost of an event map in the editor: the time from a keystroke to the completions, in TypeScript 5.9. `BEFORE=<commit>` puts an
 * earlier Eventwire beside the present one.
 */
import { FLOOR } from './editor/contestants.ts'
import { measure } from './editor/measure.ts'
import { figures, machine, save } from './figures.ts'

export async function run(): Promise<void> {
  const results = await measure(process.env.BEFORE)
  const table = figures(results, FLOOR)
  console.log(table)
  await save(
    'editor',
    results,
    `# Completions in the editor

The time from a keystroke to the completions of \`subscription.on(\` and of \`data.\` in a listener, in a map with 200, 1,000 and 5,000
events. It is asked of \`tsserver\` of TypeScript 5.9, which is warm; the keystroke gives it a new program, as typing does. Medians of
interleaved rounds, each contestant in a server of its own. Less is better. The floor is an emitter with \`on()\` alone, whose payloads are
taken as they are. The budget is 25 ms at 200 events. ${machine}. Run it: \`npm run bench -- editor\`.

${table}
`,
  )
}
