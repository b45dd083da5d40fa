import type { IncomingMessage, ServerResponse } from 'node:http'
import { createChannel, memoryLog } from '../../../src/server/index.ts'
import { respond } from '../../../src/server/node/index.ts'

/**
 * A channel whose clients want negative notes only. The first connection ends once its reader was sent a cursor behind events that
 * it did not want; the second is sent an event that it wants, and the end, which is final.
 */
export function filteredServer(controls: 'events' | 'comments', done?: string) {
  const channel = createChannel<{ note: number }>({
    log: memoryLog({ maxEvents: 4 }),
    stream: { controls, done, retry: 1 },
  })
  const publish = (...notes: number[]) => Promise.all(notes.map((n) => channel.publish('note', n)))
  /** The last event id of each request. */
  const cursors: (string | undefined)[] = []
  let checks: (() => void)[] = []
  let head: string | undefined
  let last: string | undefined

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const number = cursors.push(request.headers['last-event-id'] as string | undefined)
    for (const check of checks.splice(0)) check()
    const stream = respond(channel, request, response, { filter: ({ data }) => data < 0 })
    if (number === 1) {
      head = (await publish(0, 1, 2, 3)).at(-1)
      stream.close()
    } else if (number === 2) {
      // A client that did not keep the cursor of the first connection would miss something.
      last = (await publish(4, -1)).at(-1)
      await channel.close({ final: true })
    }
  }

  /** Resolves when so many requests have come. */
  async function request(number: number): Promise<void> {
    while (cursors.length < number) {
      await new Promise<void>((resolve) => {
        checks = [...checks, resolve]
      })
    }
  }

  return { handle, cursors, head: () => head, last: () => last, request }
}
