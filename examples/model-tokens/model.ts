import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two tokens. */
const PACE = Number(process.env.PACE ?? 60)

const WORDS = 'a log keeps what was said so that whoever comes back can read all of it from where they stopped'.split(
  ' ',
)

/** Stands for your model: 100 words about the prompt, or an error when it is asked to fail. */
export async function* generate(prompt: string, signal: AbortSignal): AsyncGenerator<string> {
  yield `“${prompt}”:`
  for (let index = 0; index < 100; index++) {
    await sleep(PACE, undefined, { signal })
    if (prompt === 'fail' && index === 3) throw new Error('out of memory on gpu-7')
    yield ` ${WORDS[index % WORDS.length]}`
  }
}
