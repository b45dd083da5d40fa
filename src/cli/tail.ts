import { once } from 'node:events'
import { subscribe } from '../client/subscription/subscribe.ts'
import type { Subscription } from '../client/subscription/subscription.ts'
import { type EventwireError, isEventwireError } from '../shared/errors.ts'
import { eventsWithCodec } from '../shared/events/define-events.ts'
import { isForced } from './colours.ts'
import { jsonPrinter, type Printer, prettyPrinter, wirePrinter } from './print.ts'
import { say } from './say.ts'
import { readTailOptions, type TailOptions } from './tail-options.ts'
import { UsageError } from './usage.ts'

/** Every event as text: all that a stream holds is printed. */
const texts = eventsWithCodec<{ [name: string]: string }>({ encode: (text) => text, decode: (text) => text })

/** How many characters of the body of a refusal are shown. */
const MOST_BODY = 1_000
/** How undici words a connection that broke in the middle of a response. */
const CLOSED = /Invalid EOF state|other side closed|terminated|ECONNRESET/

/**
 * Prints the events of a server until the subscription closes. Resolves to the exit code.
 *
 * @throws {UsageError}
 */
export async function tail(args: readonly string[]): Promise<number> {
  const options = readTailOptions(args)
  const print = printerFor(options)
  const subscription = connect(options)
  reportConnection(subscription)
  try {
    for await (const event of options.names.length > 0 ? subscription.events(...options.names) : subscription) {
      await write(print(event))
      if (options.once) return 0
    }
  } catch (error) {
    if (!isEventwireError(error)) throw error
    reportEnd(error)
    return 1
  }
  if (!options.once) return 0
  say('the server ended the stream before the event arrived')
  return 1
}

function connect({ url, method, body, headers, lastEventId }: TailOptions): Subscription<typeof texts> {
  try {
    return subscribe(url, { events: texts, method, headers, lastEventId, ...(body !== undefined && { body }) })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function printerFor({ json, lastEventId }: TailOptions): Printer {
  const { stdout } = process
  const forced = isForced()
  if (json) return jsonPrinter()
  if (!stdout.isTTY && !forced) return wirePrinter(lastEventId)
  return prettyPrinter(forced || stdout.hasColors())
}

/** Reports on stderr when the connection is lost and made again; on a terminal also when it opens first. */
function reportConnection(subscription: Subscription<typeof texts>): void {
  let lost = false
  let opened = !process.stderr.isTTY
  subscription.onError((error) => {
    if (!error.willRetry) return
    lost = true
    say(`${textOf(error)}; retrying in ${((error.retryIn ?? 0) / 1000).toFixed(1)} s`)
  })
  subscription.onGap(({ reason }) => say(`events are missing: the server no longer has them (${reason})`))
  subscription.state.subscribe((state) => {
    if (state.status !== 'open') return
    const { lastEventId } = subscription
    if (lost) say(lastEventId === '' ? 'connected again' : `connected again, after event ${lastEventId}`)
    else if (!opened) say(`connected to ${state.url}`)
    opened = true
    lost = false
  })
}

function reportEnd(error: EventwireError): void {
  say(textOf(error))
  const excerpt = error.body?.trim().slice(0, MOST_BODY)
  if (excerpt) for (const line of excerpt.split(/\r\n|\r|\n/)) say(`  ${line}`)
}

/** A message for people: how Node words a server that was killed, or a port that it never connects to, says nothing to them. */
function textOf({ code, message }: EventwireError): string {
  if (code === 'network' && CLOSED.test(message)) return `the server closed the connection (${message})`
  if (code === 'network' && message.endsWith(': bad port'))
    return `${message}; fetch refuses this port, serve on another`
  return message
}

/** Waits for a reader that is slower than the server, and so holds the server back. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}
