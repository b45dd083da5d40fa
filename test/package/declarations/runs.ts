import { createRuns } from 'eventwire/runs'

export const answers = createRuns<{ token: string }, string>({
  async *run({ input }) {
    yield { type: 'token', data: input }
  },
})
export const started = answers.start('42', 'Why?')
