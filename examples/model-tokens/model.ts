import { setTimeout as sleep } from 'node:timers/promises'
import { readEvents } from 'eventwire/client'

/** Milliseconds between two tokens of the model that is made up. */
const PACE = Number(process.env.PACE ?? 60)
/** With a key the model is a real one, of any provider whose API is like OpenAI's. */
const { OPENAI_API_KEY, OPENAI_MODEL = '', OPENAI_BASE_URL = 'https://api.openai.com/v1' } = process.env

const WORDS = 'a log keeps every token, so a page that reconnects can read on from the last one it received,'.split(' ')

/** The text of an answer, piece by piece. */
export function generate(prompt: string, signal: AbortSignal): AsyncGenerator<string> {
  return OPENAI_API_KEY === undefined ? makeUp(prompt, signal) : ask(prompt, signal)
}

/** Stands for a model: 100 words about the prompt, or an error when it is asked to fail. */
async function* makeUp(prompt: string, signal: AbortSignal): AsyncGenerator<string> {
  yield `“${prompt}”:`
  for (let index = 0; index < 100; index++) {
    await sleep(PACE, undefined, { signal })
    if (prompt === 'fail' && index === 3) throw new Error('out of memory on gpu-7')
    yield ` ${WORDS[index % WORDS.length]}`
  }
}

/** A chunk of `/chat/completions`, as far as it is used. */
interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string | null } }[]
}

async function* ask(prompt: string, signal: AbortSignal): AsyncGenerator<string> {
  const response = await fetch(`${OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${OPENAI_API_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ model: OPENAI_MODEL, stream: true, messages: [{ role: 'user', content: prompt }] }),
    signal,
  })
  for await (const { data } of readEvents<{ message: Chunk }>(response, { until: ({ data }) => data === '[DONE]' })) {
    const text = data.choices[0]?.delta.content
    if (text) yield text
  }
}
