// Over three processes and one Redis nothing is lost, repeated or out of order, wherever clients reconnect and whoever dies.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createParser, type Message } from '../../src/index.ts'
import { fromCursor } from '../../src/server/log/position.ts'
import { type Contents, checkDelivery } from './check-delivery.ts'
import { newKey } from './clients.ts'

const MACHINES = 3
const CLIENTS = 300
const RECONNECTS = 6
const MOST = 1_000
const POLL = { timeout: 60_000, interval: 5 }

const url = inject('redisUrl')

class Machine {
  readonly #key: string
  #port = 0
  #process!: ChildProcess

  constructor(key: string) {
    this.#key = key
  }

  get port(): number {
    return this.#port
  }

  async start(): Promise<void> {
    this.#process = fork(new URL('machine.ts', import.meta.url), [url!, this.#key, `${this.#port}`])
    const [{ port }] = await once(this.#process, 'message')
    this.#port = port
  }

  async kill(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }

  /** Ends its publisher; answers the cursor of its last event. */
  async quiet(): Promise<string> {
    this.#process.send('stop')
    const [{ last }] = await once(this.#process, 'message')
    return last
  }
}

class Client {
  readonly messages: Message[] = []
  cursor = ''
  connections = 0
  readonly #machines: readonly Machine[]

  constructor(machines: readonly Machine[]) {
    this.#machines = machines
  }

  get sequence(): number {
    return fromCursor(this.cursor)?.sequence ?? 0
  }

  /** Reads at a random machine, for as long as that lasts, until there is enough. */
  async read(enough: () => boolean): Promise<void> {
    this.connections++
    const { port } = this.#machines[Math.floor(Math.random() * this.#machines.length)]!
    try {
      const response = await connect(port, this.cursor)
      const parser = createParser({ lastEventId: this.cursor, onMessage: (message) => this.messages.push(message) })
      try {
        for await (const chunk of response) {
          parser.feed(chunk)
          this.cursor = parser.lastEventId
          if (enough()) break
        }
      } finally {
        response.destroy()
      }
    } catch (error) {
      // The machine is dead, or has died meanwhile.
      if (this.connections > MOST) throw error
    }
  }

  /** Reconnects so many times, each time after some messages. */
  async roam(times: number): Promise<void> {
    for (let connection = 0; connection < times; connection++) {
      const count = this.messages.length + 1 + Math.floor(Math.random() * 100)
      await this.read(() => this.messages.length >= count)
    }
  }

  async readTo(sequence: number): Promise<void> {
    while (this.sequence < sequence) await this.read(() => this.sequence >= sequence)
  }
}

function connect(port: number, cursor: string): Promise<IncomingMessage> {
  const headers = cursor === '' ? {} : { 'Last-Event-ID': cursor }
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers, agent: false }, resolve).on('error', reject)
  })
}

describe.skipIf(url === undefined)(`${MACHINES} processes, ${CLIENTS} clients`, () => {
  const key = newKey()
  const machines = Array.from({ length: MACHINES }, () => new Machine(key))

  beforeAll(() => Promise.all(machines.map((machine) => machine.start())))
  afterAll(() => Promise.all(machines.map((machine) => machine.kill())))

  it('lose and repeat nothing while one process is killed and started again', async () => {
    const clients = Array.from({ length: CLIENTS }, () => new Client(machines))
    const connections = (count: number) =>
      expect.poll(() => clients.reduce((sum, client) => sum + client.connections, 0), POLL).toBeGreaterThan(count)
    const roaming = Promise.all(clients.map((client) => client.roam(RECONNECTS)))
    await connections(CLIENTS * 2)
    await machines[0]!.kill()
    await connections(CLIENTS * 4)
    await machines[0]!.start()
    await roaming
    const last = Math.max(
      ...(await Promise.all(machines.map((machine) => machine.quiet()))).map((cursor) => fromCursor(cursor)!.sequence),
    )
    await Promise.all(clients.map((client) => client.readTo(last)))

    const contents: Contents = new Map()
    let events = 0
    for (const { messages, sequence } of clients) {
      expect(checkDelivery(messages, contents)).toEqual([])
      expect(sequence).toBe(last)
      events += messages.filter(({ type }) => type === 'note').length
    }
    // Each publisher's own events stand in its order.
    const highest = new Map<number, number>()
    const inOrder = [...contents].sort(([a], [b]) => fromCursor(a)!.sequence - fromCursor(b)!.sequence)
    for (const [, data] of inOrder) {
      const { by, n } = JSON.parse(data)
      expect(n).toBeGreaterThan(highest.get(by) ?? 0)
      highest.set(by, n)
    }
    expect(highest.size).toBe(MACHINES + 1)
    console.log(
      `${CLIENTS} clients had ${events} events of ${last} over ${clients.reduce((sum, client) => sum + client.connections, 0)} connections`,
    )
  }, 120_000)
})
