import { once } from 'node:events'
import { type Subscription, subscribe } from '../client/index.ts'
import { type EventwireError, isEventwireError } from '../shared/errors.ts'
import { everyEvent } from '../shared/events/define-events.ts'
import { jsonPrinter, type Printer, prettyPrinter, wirePrinter } from './print.ts'
import { say } from './say.ts'
import { readTailOptions, type TailOptions } from './tail-options.ts'
import { UsageError } from './usage.ts'

/** Every event as text: what a stream holds is printed, whatever it is. */
const texts = everyEvent<{ [name: string]: string }>({ encode: (text) => text, decode: (text) => text })

/** How much of a refusal's body is shown. */
const MOST_BODY = 1_000

/**
 * Prints the events of a server until there are no more. Resolves to the exit code.
 *
 * @throws {UsageError}
 */
export async function tail(args: readonly string[]): Promise<number> {
  const options = readTailOptions(args)
  const print = printerFor(options)
  const subscription = connect(options)
  tellLosses(subscription)
  try {
    for await (const event of options.names.length > 0 ? subscription.events(...options.names) : subscription) {
      await write(print(event))
      if (options.once) return 0
    }
  } catch (error) {
    if (!isEventwireError(error)) throw error
    tellEnd(error)
    return 1
  }
  if (!options.once) return 0
  say('the server ended the stream before the event came')
  return 1
}

function connect({ url, headers, lastEventId }: TailOptions): Subscription<typeof texts> {
  try {
    return subscribe(url, { events: texts, headers, lastEventId })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function printerFor({ json, lastEventId }: TailOptions): Printer {
  const { stdout, env } = process
  const forced = env.FORCE_COLOR !== undefined && !['', '0', 'false'].includes(env.FORCE_COLOR)
  if (json) return jsonPrinter()
  if (!stdout.isTTY && !forced) return wirePrinter(lastEventId)
  return prettyPrinter(forced || stdout.hasColors())
}

/** Says on stderr what becomes of the connection. */
function tellLosses(subscription: Subscription<typeof texts>): void {
  let lost = false
  subscription.onError((error) => {
    if (!error.willRetry) return
    lost = true
    say(`${error.message}; again in ${((error.retryIn ?? 0) / 1000).toFixed(1)} s`)
  })
  subscription.onGap(({ reason }) => say(`events are missing here: the server has no history for them (${reason})`))
  subscription.state.subscribe(({ status }) => {
    if (status !== 'open' || !lost) return
    lost = false
    const { lastEventId } = subscription
    say(lastEventId === '' ? 'connected again' : `connected again, after event ${lastEventId}`)
  })
}

function tellEnd({ message, body }: EventwireError): void {
  say(message)
  const excerpt = body?.trim().slice(0, MOST_BODY)
  if (excerpt) for (const line of excerpt.split(/\r\n|\r|\n/)) say(`  ${line}`)
}

/** Waits for a reader that is slower than the server, and so holds the server back. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}
