// Over four processes and one file nothing is lost, repeated or reported as a gap, while one process after another is killed.
import { type ChildProcess, fork } from 'node:child_process'
import { get, type IncomingMessage } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { createParser, type Message } from '../../../src/index.ts'
import { fromCursor } from '../../../src/server/log/position.ts'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { freePort } from '../../free-port.ts'
import { type Contents, checkDelivery } from '../../redis/check-delivery.ts'
import { Folder } from '../../server/log/sqlite/databases.ts'

const WORKERS = 4
const KILLS = Number(process.env.CHAOS_KILLS ?? 50)
const CLIENTS = Number(process.env.CHAOS_CLIENTS ?? 100)
const MOST_CONNECTIONS = 20_000
const POLL = { timeout: 60_000, interval: 5 }
/** Milliseconds of silence after which a client reconnects. */
const SILENCE = 5_000

class Client {
  readonly messages: Message[] = []
  readonly #port: number
  cursor = ''
  connections = 0

  constructor(port: number) {
    this.#port = port
  }

  get sequence(): number {
    return fromCursor(this.cursor)?.sequence ?? 0
  }

  /** Reads, and reconnects when its process was killed, until there is enough. */
  async read(enough: () => boolean): Promise<void> {
    while (!enough()) {
      if (++this.connections > MOST_CONNECTIONS) throw new Error(`${MOST_CONNECTIONS} connections and not enough`)
      try {
        await this.#readOnce(enough)
      } catch {
        // The process is dead, or has died meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
  }

  async #readOnce(enough: () => boolean): Promise<void> {
    const response = await connect(this.#port, this.cursor)
    const parser = createParser({ lastEventId: this.cursor, onMessage: (message) => this.messages.push(message) })
    try {
      for await (const chunk of response) {
        parser.feed(chunk)
        this.cursor = parser.lastEventId
        if (enough()) return
      }
    } finally {
      response.destroy()
    }
  }
}

function connect(port: number, cursor: string): Promise<IncomingMessage> {
  const headers = cursor === '' ? {} : { 'Last-Event-ID': cursor }
  return new Promise((resolve, reject) => {
    // The primary can hold a connection for ever that it passed to a worker which was killed at that moment.
    const request = get({ host: '127.0.0.1', port, headers, agent: false, timeout: SILENCE }, resolve)
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error('nothing came')))
  })
}

let cluster: ChildProcess
const folder = new Folder()
afterEach(async () => {
  const ended = new Promise((resolve) => cluster.once('exit', resolve))
  cluster.disconnect()
  await ended
  folder.remove()
})

it(`${KILLS} kills under load, ${CLIENTS} clients`, async () => {
  const port = await freePort()
  const [taken, quiet] = [new Map<string, string>(), new Set<number>()]
  let started = 0
  cluster = fork(new URL('cluster-server.ts', import.meta.url), [folder.file(), `${port}`])
  cluster.on('message', (message: any) => {
    if ('cursor' in message) taken.set(message.cursor, message.data)
    else if ('quiet' in message) quiet.add(message.quiet)
    else started++
  })
  await expect.poll(() => started, POLL).toBe(WORKERS)

  let last = Number.POSITIVE_INFINITY
  const clients = Array.from({ length: CLIENTS }, () => new Client(port))
  const reading = Promise.all(clients.map((client) => client.read(() => client.sequence >= last)))
  await expect.poll(() => clients.every(({ messages }) => messages.length > 1), POLL).toBe(true)
  for (let kill = 1; kill <= KILLS; kill++) {
    const before = taken.size
    cluster.send('kill')
    await expect.poll(() => started, POLL).toBe(WORKERS + kill)
    await expect.poll(() => taken.size, POLL).toBeGreaterThan(before)
  }
  cluster.send('quiet')
  await expect.poll(() => quiet.size, POLL).toBe(WORKERS)
  const log = sqliteLog({ database: folder.open(), key: 'notes' })
  last = fromCursor((await log.read(undefined, 0)).newest)!.sequence
  await reading

  const contents: Contents = new Map(taken)
  for (const { messages, sequence } of clients) {
    expect(checkDelivery(messages, contents)).toEqual([])
    expect(sequence).toBe(last)
  }
  for (const { messages } of clients) {
    const first = messages.findIndex(({ type }) => type === 'note')
    const own = new Set(messages.slice(first).map(({ id }) => id))
    const after = fromCursor(messages[first]!.id)!.sequence
    for (const cursor of taken.keys()) {
      if (fromCursor(cursor)!.sequence >= after && !own.has(cursor)) expect.fail(`${cursor} was taken and is missing`)
    }
  }
  const connections = clients.reduce((sum, client) => sum + client.connections, 0)
  console.log(`${CLIENTS} clients had ${last} events over ${connections} connections and ${KILLS} kills`)
}, 400_000)
