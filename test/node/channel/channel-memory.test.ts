// One reader that has stopped costs a cursor: while 200 MB are published to 100 others, memory does not grow with it, and when
// it reads again it receives a gap.
import type { ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { createParser, type Message } from '../../../src/index.ts'
import { nextMessage, runChild } from '../child.ts'

const MB = 1_000_000
const PUBLISHED = 200 * MB
const OTHERS = 100
const BOUND = 16 * MB
/** Else the engine's room for garbage grows all the time, to more than what is looked for here. */
const SMALL_NURSERY = ['--max-semi-space-size=2']

it.each([8_000, 16_000])(
  'a stalled reader among a hundred costs at most 16 MB, with events of %d bytes',
  async (size) => {
    const counts = [PUBLISHED, OTHERS, size].map(String)
    const server = runChild('channel/stalled-channel-server.ts', counts, SMALL_NURSERY)
    const { port } = await nextMessage<{ port: number }>(server)
    const all = nextMessage(server)
    runChild('channel/readers.ts', [String(port), String(OTHERS)])
    await all

    // The baseline, while everybody reads: the log up to its bound, and memory that the engine does not give back.
    const usual = await publish(server)

    const messages: Message[] = []
    const stalled = connect(port, '127.0.0.1')
    stalled.write('GET /stalls HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    await new Promise((resolve) => stalled.once('data', resolve))
    stalled.pause()

    const { held, resident, n } = await publish(server)
    const [heldGrowth, residentGrowth] = [held - usual.held, resident - usual.resident]
    console.log(
      `holds ${(heldGrowth / MB).toFixed(1)} MB more than ${(usual.held / MB).toFixed(1)} MB, resident ${(residentGrowth / MB).toFixed(1)} MB more`,
    )
    expect(heldGrowth).toBeLessThan(BOUND)
    expect(residentGrowth).toBeLessThan(BOUND)

    const parser = createParser({ onMessage: (message) => messages.push(message) })
    const last = new Promise<void>((resolve) => {
      stalled.on('data', (chunk) => {
        parser.feed(chunk)
        if (messages.at(-1)?.data.startsWith(`{"n":${n},`)) resolve()
      })
    })
    stalled.resume()
    await last
    stalled.destroy()
    const gap = messages.findIndex(({ type }) => type === 'sse:gap')
    expect(JSON.parse(messages[gap]!.data).reason).toBe('slow')
    const after = messages.slice(gap + 1).map(({ data }) => JSON.parse(data).n as number)
    expect(after).toEqual(after.map((_, index) => after[0]! + index))
    expect(after.at(-1)).toBe(n)
  },
  400_000,
)

interface Published {
  held: number
  resident: number
  n: number
}

async function publish(server: ChildProcess): Promise<Published> {
  const answer = nextMessage<Published>(server)
  server.send('publish')
  return answer
}
