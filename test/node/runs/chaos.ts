import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { type RunEnd, subscribe } from '../../../src/client/index.ts'
import type { Loss } from './chaos-machine.ts'

interface Events {
  token: { by: string; n: number }
  lost: null
}

export interface Chaos {
  readonly store: 'redis' | 'sqlite'
  /** The URL of a Redis; a file is made. */
  readonly url?: string
  /** How many runs there are. */
  readonly runs: number
}

const MACHINES = 3
const LEASE = 2_000
/** How many runs are under way at a time. */
const AT_ONCE = 20
/** Milliseconds between two kills, on average. */
const KILL_AFTER = 2_000

const random = (below: number) => Math.floor(Math.random() * below)
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** The events that one reader has received, over all of its connections. */
interface Reading {
  readonly tokens: readonly { by: string; n: number }[]
  readonly losses: number
  readonly how: RunEnd | undefined
}

/**
 * Lets processes that share runs be killed at random, and checks what their readers have received.
 *
 * @returns how often what has happened. `prompt` counts the losses in a process that was not delayed, `slowest` is the most leases that
 *   a reader has waited without a delay.
 */
export async function chaos({ store, url, runs }: Chaos): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'))
  const journal = join(folder, 'journal')
  const park = new Park([store, url ?? join(folder, 'runs.db'), journal, `${LEASE}`])
  onTestFinished(async () => {
    await park.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await park.open()
  const counts: Record<string, number> = { kills: 0, reloads: 0, done: 0, stopped: 0, lost: 0 }
  const killing = park.killAtRandom(counts)
  let next = 0
  const worker = async () => {
    while (next < runs) {
      const id = `${store}-${process.pid}-${next++}`
      const readings = await oneRun(park, id, counts)
      counts[check(id, readings)]!++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  park.isOver = true
  await killing
  const produced = readFileSync(journal, 'utf8').trim().split('\n')
  const ids = produced.map((line) => line.split(' ')[0])
  expect(new Set(ids).size, 'no run is produced twice').toBe(ids.length)
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0)
  const { losses } = park
  expect(losses.length, 'losses were measured').toBeGreaterThan(0)
  expect(losses.filter(({ leases }) => leases > 2)).toEqual([])
  const prompt = losses.filter(({ isDelayed }) => !isDelayed).length
  const slowest = Math.max(...losses.map(({ leases }) => leases))
  return { ...counts, produced: ids.length, losses: losses.length, prompt, slowest }
}

/** Starts a run on two machines, has it read by three readers that reload, and stops some. */
async function oneRun(park: Park, id: string, counts: Record<string, number>): Promise<readonly Reading[]> {
  const query = `?tokens=${5 + random(40)}&pause=${5 + random(30)}`
  const started = await Promise.all([start(park, id + query), start(park, id + query)])
  expect(started.filter(Boolean).length, `${id} is started once`).toBeLessThanOrEqual(1)
  const readings = Promise.all(Array.from({ length: 3 }, () => read(park, id, counts)))
  if (random(4) === 0) {
    await sleep(random(300))
    await fetch(park.url(id), { method: 'DELETE' }).catch(() => {})
  }
  return readings
}

/** Asks until a machine answers, as a page does. */
async function start(park: Park, path: string): Promise<boolean> {
  for (;;) {
    const answer = await fetch(park.url(path), { method: 'POST' })
      .then((response) => (response.ok ? response.json() : undefined))
      .catch(() => undefined)
    if (answer !== undefined) return (answer as { started: boolean }).started
    await sleep(50)
  }
}

/** Reads a run to its end over any number of connections, each at another machine, and reloads now and then. */
async function read(park: Park, id: string, counts: Record<string, number>): Promise<Reading> {
  const tokens: { by: string; n: number }[] = []
  let losses = 0
  let cursor = ''
  for (;;) {
    const subscription = subscribe<Events>(() => park.url(id), { lastEventId: cursor, retry: { min: 100, max: 400 } })
    let left = random(3) === 0 ? 1 + random(15) : Number.POSITIVE_INFINITY
    subscription.onError(() => {})
    subscription.onGap(({ reason }) => tokens.push({ by: `gap ${reason}`, n: Number.NaN }))
    subscription.on('lost', () => losses++)
    subscription.on('token', (token, event) => {
      tokens.push(token)
      cursor = event.id
      if (--left <= 0) subscription.close()
    })
    const { reason, how } = await subscription.closed
    if (reason === 'server') return { tokens, losses, how }
    if (reason === 'client') counts.reloads!++
    else await sleep(100)
  }
}

/** Every reader has the same tokens, each once and without holes, of one producer, and the same end. */
function check(id: string, readings: readonly Reading[]): RunEnd {
  const [first] = readings
  for (const { tokens, losses, how } of readings) {
    const by = tokens[0]?.by
    expect(tokens.map(({ by, n }) => `${by} ${n}`).join('\n'), id).toBe(tokens.map((_, n) => `${by} ${n}`).join('\n'))
    expect({ tokens: tokens.length, losses, how }, id).toEqual({
      tokens: first!.tokens.length,
      losses: first!.how === 'lost' ? 1 : 0,
      how: first!.how,
    })
  }
  expect(first!.how, id).toMatch(/^(done|stopped|lost)$/)
  return first!.how!
}

/** The processes, each of which is begun anew when it was killed. */
class Park {
  isOver = false
  readonly losses: Loss[] = []
  readonly #args: string[]
  readonly #machines: { child: ChildProcess; port: number | undefined }[] = []

  constructor(args: string[]) {
    this.#args = args
  }

  async open(): Promise<void> {
    await Promise.all(Array.from({ length: MACHINES }, () => this.#begin()))
  }

  /** An address at a random process, which may have been killed just now. */
  url(path: string): string {
    const ready = this.#machines.filter(({ port }) => port !== undefined)
    return `http://127.0.0.1:${ready[random(ready.length)]?.port ?? 9}/${path}`
  }

  async killAtRandom(counts: Record<string, number>): Promise<void> {
    while (!this.isOver) {
      await sleep(random(2 * KILL_AFTER))
      const [machine] = this.#machines.splice(random(this.#machines.length), 1)
      machine!.child.kill('SIGKILL')
      counts.kills!++
      await this.#begin()
    }
  }

  async close(): Promise<void> {
    this.isOver = true
    await Promise.all(
      this.#machines.map(async ({ child }) => {
        child.kill('SIGKILL')
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      }),
    )
  }

  async #begin(): Promise<void> {
    const child = fork(new URL('chaos-machine.ts', import.meta.url), this.#args)
    const machine = { child, port: undefined as number | undefined }
    this.#machines.push(machine)
    // One that dies before it listens is another kill.
    const port = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => undefined)])
    machine.port = port?.[0]
    child.on('message', (loss: Loss) => this.losses.push(loss))
  }
}
