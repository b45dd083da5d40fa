// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { createRuns } from 'eventwire/runs'

export const answers = createRuns<{ token: string }, string>({
  async *run({ input }) {
    yield { type: 'token', data: input }
  },
})
export const started = answers.start('42', 'Why?')
export const { stop, status, response, subscribe, close } = answers
export const read = (stream: Parameters<typeof subscribe>[0]) => answers.subscribe(stream, '42')
export const writer = (stream: Parameters<typeof subscribe>[0]) => ({ stream, closed: stream.closed })
