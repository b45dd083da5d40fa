import type { EventWriter } from 'eventwire/server'

/** Both ends' map: what the examples send. */
export interface AppEvents {
  hello: { name: string; lastEventId: string }
  tick: { count: number }
}

/** Greets, then counts until the client leaves. */
export function sendTicks(stream: EventWriter<AppEvents>, name = 'stranger'): void {
  stream.send('hello', { name, lastEventId: stream.lastEventId })
  let count = 0
  const timer = setInterval(() => {
    count++
    stream.send('tick', { count }, { id: String(count) })
  }, 100)
  void stream.closed.then(({ reason }) => {
    clearInterval(timer)
    console.log(`closed: ${reason}`)
  })
}
