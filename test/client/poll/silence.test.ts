// A connection is mute when heartbeats that it announced stay out from early on, but not when the client does not read, and not after it
// has worked for a while.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Silence } from '../../../src/client/poll/silence.ts'
import type { TransportReceiver } from '../../../src/client/transport/transport.ts'

const SECOND = 1_000

let room: Promise<void> | undefined

const receiver: TransportReceiver = {
  open() {},
  message() {},
  comment() {},
  retry() {},
  alive() {},
  ready: () => room,
  interrupted() {},
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  room = undefined
})
afterEach(() => void vi.useRealTimers())

function announced(heartbeat: number): Silence {
  const silence = new Silence(receiver, false)
  silence.receiver.alive()
  silence.receiver.comment(`heartbeat=${heartbeat}`)
  return silence
}

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * SECOND)

it('is mute once a heartbeat is overdue', () => {
  const silence = announced(15 * SECOND)
  pass(15)
  expect(silence.isMute).toBe(false)
  pass(5)
  expect(silence.isMute).toBe(true)
})

it('is not mute without an announced heartbeat', () => {
  const silence = new Silence(receiver, false)
  silence.receiver.alive()
  silence.receiver.comment('heartbeat=15')
  pass(1_000)
  expect(silence.isMute).toBe(false)
})

it('is not mute after five heartbeats that came', () => {
  const silence = announced(15 * SECOND)
  for (let beat = 0; beat < 5; beat++) {
    pass(15)
    silence.receiver.alive()
  }
  pass(60)
  expect(silence.isMute).toBe(false)
})

it('is not mute while the client does not read', () => {
  const silence = announced(15 * SECOND)
  room = Promise.resolve()
  silence.receiver.ready()
  pass(60)
  expect(silence.isMute).toBe(false)
})

it('calls back at the first byte, once; the head is one for an EventSource', () => {
  const calls: string[] = []
  const streamed = new Silence(receiver, false, () => calls.push('stream'))
  streamed.receiver.open('', new Headers())
  expect(streamed.hasSpoken).toBe(false)
  streamed.receiver.alive()
  streamed.receiver.alive()
  const native = new Silence(receiver, true, () => calls.push('native'))
  native.receiver.open('', new Headers())
  expect(calls).toEqual(['stream', 'native'])
})
