import type { EventWriter } from 'eventwire/server'
import type { events } from './events.ts'
import { timeInTokyo } from './time.ts'

/** Sends a ping every second, and a message after every 1 to 10 pings, until the client disconnects. */
export function sendPings(stream: EventWriter<typeof events>): void {
  let untilMessage = oneToTen()
  const timer = setInterval(() => {
    const time = timeInTokyo()
    stream.send('ping', { time })
    untilMessage--
    if (untilMessage === 0) {
      stream.send('message', `This is a message at time ${time}`)
      untilMessage = oneToTen()
    }
  }, 1000)
  void stream.closed.then(({ reason, events }) => {
    clearInterval(timer)
    console.log(`closed by the ${reason} after ${events} events`)
  })
}

function oneToTen(): number {
  return 1 + Math.floor(Math.random() * 10)
}
