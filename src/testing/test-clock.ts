import { EventwireError } from '../shared/errors.ts'
import { Timers } from './timers.ts'

/** Turns of the event loop in which promises and bodies settle. Most need one; a Blob in Node needs two. */
const TURNS = 4

/** A clock that the test drives: time stands still until it is advanced. */
export interface TestClock {
  /** How many timers are pending. */
  readonly pending: number
  /**
   * Moves the time on, and runs the timers that are due on the way, earliest first. Before each timer and after the last one,
   * promises and the streams of Fetch settle, so that timers which they start are on time. `advance(0)` only lets them settle.
   *
   * Rejects with the error that a timer throws; the time then stands at that timer.
   *
   * @param milliseconds - 0 or more.
   * @throws {EventwireError} `invalid-option` for anything else, as a rejection.
   */
  advance(milliseconds: number): Promise<void>
  /** Restores the real timers and dates. Pending timers of this clock never run. */
  restore(): void
  /** The same at the end of a `using`. */
  [Symbol.dispose](): void
}

/**
 * Creates a clock that the test drives, without a test framework and in every runtime. Until it is restored, it replaces
 * `setTimeout`, `setInterval`, `clearTimeout`, `clearInterval`, `Date` and `performance.now`. There is one at a time.
 *
 * @example
 * import { subscribe } from 'eventwire/client'
 * import { createTestClock, createTestServer } from 'eventwire/testing'
 *
 * using clock = createTestClock()
 * const server = createTestServer()
 * using subscription = subscribe('https://example.com/events', { fetch: server.fetch })
 * ;(await server.connection()).respond(503, { headers: { 'Retry-After': '60' } })
 * await clock.advance(59_000)
 * console.log(subscription.status) // -> waiting
 * await clock.advance(2_000)
 * console.log(server.connections.length) // -> 2
 *
 * @param options `now` is the time at which the clock starts, a `Date` or milliseconds as `Date.now()` returns them; the present without it.
 * @throws {EventwireError} `invalid-option` when the timers are fake already, or `now` is not a time.
 */
export function createTestClock(options: { readonly now?: Date | number | undefined } = {}): TestClock {
  // Fake timers of test frameworks carry the same mark.
  if ('clock' in setTimeout) {
    const instead = 'restore() that clock first, or end the fake timers of the test framework'
    throw new EventwireError('invalid-option', `createTestClock() found the timers of another test clock; ${instead}`)
  }
  const start = Number(options.now ?? Date.now())
  if (!Number.isFinite(start)) {
    throw new EventwireError(
      'invalid-option',
      `now is ${options.now}; give a Date, or milliseconds as Date.now() returns them`,
    )
  }
  const timers = new Timers(start)
  const up = performance.now()
  const turn = nextTurn()
  const settle = async () => {
    for (let turns = 0; turns < TURNS; turns++) await turn()
  }
  const clock: TestClock = {
    get pending() {
      return timers.size
    },
    async advance(milliseconds) {
      if (!(milliseconds >= 0 && milliseconds < Infinity)) {
        throw new EventwireError('invalid-option', `advance() was given ${milliseconds}; give milliseconds from 0 on`)
      }
      const end = timers.now + milliseconds
      await settle()
      while (timers.runNext(end)) await settle()
      timers.now = Math.max(timers.now, end)
    },
    restore() {
      for (const putBack of replaced.splice(0)) putBack()
      timers.drop()
    },
    [Symbol.dispose]: () => clock.restore(),
  }
  const replaced = [
    replace(globalThis, 'setTimeout', Object.assign(timers.setTimeout, { clock })),
    replace(globalThis, 'setInterval', timers.setInterval),
    replace(globalThis, 'clearTimeout', timers.clear),
    replace(globalThis, 'clearInterval', timers.clear),
    replace(globalThis, 'Date', dateOf(timers)),
    replace(performance, 'now', () => up + timers.now - start),
  ]
  return clock
}

/** Waits for the event loop of the engine, with functions that the clock does not replace. */
function nextTurn(): () => Promise<void> {
  const { setImmediate, MessageChannel, setTimeout } = globalThis
  if (typeof setImmediate === 'function') return () => new Promise((resolve) => setImmediate(resolve))
  if (typeof MessageChannel !== 'function') return () => new Promise((resolve) => setTimeout(resolve))
  // Browsers make timers that follow each other wait for 4 ms.
  return () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(0)
    })
}

/** `Date` with another present. The dates that it makes are real ones. */
function dateOf(timers: Timers): DateConstructor {
  const now = () => Math.floor(timers.now)
  return new Proxy(Date, {
    apply: (target) => new target(now()).toString(),
    construct: (target, args, made) => Reflect.construct(target, args.length > 0 ? args : [now()], made),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}

/** Replaces a property. Returns a function that restores it, or its absence. */
function replace(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name)
  const enumerable = before?.enumerable === true
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable })
  return () => {
    if (before) Object.defineProperty(target, name, before)
    else Reflect.deleteProperty(target, name)
  }
}
