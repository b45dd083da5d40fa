// Each reader, live or later, receives how a log ended, in both forms. Our client exposes it, and other fields of the end are not sent.
import { describe, expect, it } from 'vitest'
import { readEvents, subscribe } from '../../../src/client/index.ts'
import { createChannel, memoryLog } from '../../../src/server/index.ts'

const END = { type: 'sse:end', data: '{"how":"stopped"}' }

describe.each(['events', 'comments'] as const)('the end of a run as %s', (controls) => {
  const open = () => {
    const log = memoryLog()
    return { log, channel: createChannel<{ note: number }>({ log, stream: { controls } }) }
  }

  it('reaches live readers, and those that come later', async () => {
    const { log, channel } = open()
    const read = () => channel.response(new Request('http://localhost/'), { from: 'start' }).text()
    const live = read()
    await channel.publish('note', 1)
    await log.append([END])
    const frame =
      controls === 'events'
        ? 'event: sse:end\nid: sse:end\ndata: {"how":"stopped"}\n\n'
        : ': sse:end {"how":"stopped"}\nid: sse:end\n\n'
    for (const text of [await live, await read()]) expect(text.endsWith(frame)).toBe(true)
  })

  it('is known to our client', async () => {
    const { log, channel } = open()
    const fetch = async (url: string | URL | Request, init?: RequestInit) => channel.response(new Request(url, init))
    const subscription = subscribe<{ note: number }>('http://localhost/', { fetch })
    await log.append([END])
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'final', how: 'stopped' })
  })

  it('ends readEvents() as every final end does', async () => {
    const { log, channel } = open()
    await log.append([{ type: 'note', data: '1' }, END])
    const seen: unknown[] = []
    for await (const { data } of readEvents(channel.response(new Request('http://localhost/'), { from: 'start' })))
      seen.push(data)
    expect(seen).toEqual([1])
  })
})

describe('the end of a log', () => {
  it.each(['{"how":"done","x":1}', '{"how":"a\\nb"}', '{"how":"done"}\nid: 7', 'nonsense', ''])(
    'passes nothing else on: %j',
    async (data) => {
      for (const controls of ['events', 'comments'] as const) {
        const log = memoryLog()
        const channel = createChannel<{ note: number }>({ log, stream: { controls } })
        await log.append([
          { type: 'note', data: '1' },
          { type: 'sse:end', data },
        ])
        const text = await channel.response(new Request('http://localhost/'), { from: 'start' }).text()
        expect(text).not.toMatch(/how|nonsense|^id: 7$/m)
        expect(text).toContain('sse:end')
      }
    },
  )

  it('has no `how` for a channel that was closed', async () => {
    const channel = createChannel<{ note: number }>()
    const fetch = async (url: string | URL | Request, init?: RequestInit) => channel.response(new Request(url, init))
    const subscription = subscribe<{ note: number }>('http://localhost/', { fetch })
    await channel.close({ final: true })
    expect(await subscription.closed).toEqual({ reason: 'server', end: 'final' })
  })
})
