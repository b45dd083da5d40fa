import * as fc from 'fast-check'
import { expect } from 'vitest'
import { type Subscription, subscribe } from '../../../src/client/index.ts'
import { fold, type Reducer, type Store } from '../../../src/index.ts'
import { type Channel, createChannel, type EventLog } from '../../../src/server/index.ts'

interface Board {
  readonly items: readonly number[]
  readonly sum: number
  readonly done: boolean
}

/** Adding is not idempotent, and the order counts: an event that is lost, doubled or out of order shows in the state. */
interface Events {
  snapshot: Board
  added: number
  removed: number
  done: undefined
}

const board: Reducer<Events, Board> = {
  initial: { items: [], sum: 0, done: false },
  on: {
    snapshot: (_, all) => all,
    added: (state, item) => ({
      ...state,
      items: [...state.items, item].slice(-20),
      sum: (state.sum * 31 + item) % 1e9,
    }),
    removed: (state, at) => ({ ...state, items: state.items.filter((_, index) => index !== at) }),
    done: (state) => ({ ...state, done: true }),
  },
}

/** The next step: on which process, and of which client. */
type Step =
  | { readonly kind: 'publish'; readonly process: number; readonly count: number }
  | { readonly kind: 'join'; readonly process: number; readonly late: boolean }
  | { readonly kind: 'reconnect' | 'leave'; readonly client: number }
  | { readonly kind: 'pause'; readonly turns: number }

const small = fc.nat(7)
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('publish' as const), process: small, count: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ kind: fc.constant('join' as const), process: small, late: fc.boolean() }),
    fc.record({ kind: fc.constantFrom('reconnect' as const, 'leave' as const), client: small }),
    fc.record({ kind: fc.constant('pause' as const), turns: fc.integer({ min: 1, max: 4 }) }),
  ),
  { minLength: 5, maxLength: 40 },
)

interface Process {
  readonly channel: Channel<Events>
  readonly board: Store<Board>
}

interface Client {
  readonly subscription: Subscription<Events>
  readonly board: Store<Board>
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function until<State>(store: Store<State>, holds: (state: State) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = store.subscribe((state) => holds(state) && resolve(queueMicrotask(() => stop()) as undefined))
  })
}

function join({ channel, board: state }: Process, late: boolean): Client {
  const subscription = subscribe<Events>('http://localhost/board', {
    retry: () => 1,
    fetch: async (url, init) =>
      channel.response(new Request(url, init as RequestInit), {
        snapshot: async (stream) => {
          const all = state.get()
          if (late) await turn()
          stream.send('snapshot', all)
        },
      }),
  })
  subscription.onError(() => {})
  return { subscription, board: fold(subscription, board) }
}

/** Publishes and lets clients come, go and return as the steps say; in the end every state is the server's. */
export async function playOut(logs: readonly EventLog[], all: readonly Step[]): Promise<void> {
  const processes = logs.map((log): Process => {
    const channel = createChannel<Events>({ log, stream: { heartbeat: false } })
    return { channel, board: fold(channel, board) }
  })
  const clients: Client[] = []
  const published: PromiseLike<unknown>[] = []
  let count = 0
  for (const step of all) {
    if (step.kind === 'pause') for (let turns = 0; turns < step.turns; turns++) await turn()
    else if (step.kind === 'join') clients.push(join(processes[step.process % processes.length]!, step.late))
    else if (step.kind === 'publish') {
      const { channel } = processes[step.process % processes.length]!
      for (let n = 0; n < step.count; n++) {
        const next = ++count % 5 === 0 ? channel.publish('removed', count % 3) : channel.publish('added', count)
        published.push(next)
      }
    } else if (clients.length > 0) {
      const [client] = clients.splice(step.client % clients.length, 1)
      if (step.kind === 'leave') client!.subscription.close()
      else {
        client!.subscription.reconnect()
        clients.push(client!)
      }
    }
  }
  // Processes do not wait for each other: only now is the end behind all events.
  await Promise.all(published)
  await processes[0]!.channel.publish('done')
  await Promise.all([...processes, ...clients].map(({ board }) => until(board, ({ done }) => done)))
  const [first, ...others] = [...processes, ...clients].map(({ board }) => board.get())
  for (const other of others) expect(other).toEqual(first)
  for (const { subscription } of clients) subscription.close()
  for (const { channel } of processes) await channel.close()
}
