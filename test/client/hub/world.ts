/**
 * Tabs, a lock, a channel between tabs and a server, all simulated and as plain data, around the hub's own protocol: `Tab`, `Leader`
 * and `Rules`. Every step that could happen next is an action, so a search can take them in any order.
 */
import { Leader } from '../../../src/client/hub/leader.ts'
import type { Item, Post } from '../../../src/client/hub/posts.ts'
import type { Rules } from '../../../src/client/hub/rules.ts'
import type { TopicUse } from '../../../src/client/hub/tab.ts'
import type { Gap, GapReason } from '../../../src/shared/wire/gap.ts'
import type { Message } from '../../../src/shared/wire/parse.ts'

/** The parts of a topic in a tab that are data, with what it has received: global numbers of events. */
interface UseState {
  readonly names: readonly string[]
  joined: boolean
  got: number[]
  /** How many events had been published when it was reported as open; -1 before. */
  openedAt: number
  /** Events up to this one are excused by a gap. */
  excused: number
}

/** Rules that are disabled, by a replacement. */
export type Replaced = Partial<Pick<Rules, keyof Rules>>

interface Peer {
  id: number
  /** `hung` processes nothing and keeps the lock; `away` is frozen in order, or in the back/forward cache. */
  life: 'up' | 'hung' | 'away' | 'dead'
  tab: { uses?: UseState[] }
  inbox: Post[]
  /** The settle window is open. */
  changing: boolean
  /** Its lock was stolen, of which it was not notified yet. */
  deposed: boolean
  connection: { topics: readonly string[]; start: string; at: number; begun: boolean } | undefined
}

/** How often each kind of fault may still happen. */
export interface Budget {
  publish: string[]
  crash?: number
  freeze?: number
  hang?: number
  lose?: number
  break?: number
  restart?: number
  trim?: number
  add?: [peer: number, topic: string][]
  remove?: [peer: number, topic: string][]
}

export interface WorldState {
  peers: Peer[]
  holder: number
  queue: number[]
  /** Topics of all events. */
  published: string[]
  /** Events before this one belong to an earlier life of the log. */
  epochFrom: number
  epoch: number
  /** Events up to this one have been trimmed. */
  oldest: number
  budget: Budget
}

type Action = { name: string; fault: boolean; run: () => void }

const FIELDS = 'uses cursor recent stamp topics following seq pinned leading tabs asks connection'.split(' ')
const pick = (from: any, names: string[]) => Object.fromEntries(names.map((name) => [name, from[name]]))

/** A tab of the hub, whose lock, channel and timers are those of a world. */
class SimulatedTab extends Leader<Use> {
  readonly world: World
  readonly #index: number

  constructor(world: World, index: number) {
    super()
    this.world = world
    this.#index = index
  }

  post(post: Post) {
    this.world.post(this.#index, post)
  }
  protected show() {}
  protected changed() {
    this.world.state.peers[this.#index]!.changing = true
  }
  protected restart() {
    this.world.restart(this.#index)
  }
}

/** A topic in a tab. A copy of the state contains only what is data. */
class Use implements UseState, TopicUse {
  readonly names: readonly string[]
  joined: boolean
  got: number[]
  openedAt: number
  excused: number
  readonly #tab: SimulatedTab

  constructor(tab: SimulatedTab, { names, joined, got, openedAt, excused }: UseState) {
    this.#tab = tab
    this.names = names
    this.joined = joined
    this.got = got
    this.openedAt = openedAt
    this.excused = excused
  }

  deliver(message: Message) {
    this.#tab.world.delivered(this, message)
  }
  missed(gap: Gap) {
    this.#tab.world.missed(this, gap, this.#tab)
  }
  opened() {
    if (this.openedAt === -1) this.openedAt = this.#tab.world.state.published.length
  }
  ready() {
    return undefined
  }
}

export class World {
  readonly state: WorldState
  readonly #replaced: Replaced
  readonly #announces: boolean
  readonly #tabs: SimulatedTab[]
  /** The first fault that was found. */
  fault: string | undefined

  constructor(state: WorldState, replaced: Replaced, announces: boolean) {
    this.state = state
    this.#replaced = replaced
    this.#announces = announces
    this.#tabs = state.peers.map((peer, index) => this.#tab(peer, index))
  }

  /** The state as text, for a copy and to know it again. */
  freeze(): string {
    for (const [index, tab] of this.#tabs.entries()) this.state.peers[index]!.tab = pick(tab, FIELDS)
    return JSON.stringify(this.state)
  }

  #tab(peer: Peer, index: number): SimulatedTab {
    const tab = new SimulatedTab(this, index)
    const { uses = [], ...fields } = peer.tab
    return Object.assign(tab, fields, this.#replaced, {
      id: peer.id,
      announces: this.#announces,
      uses: uses.map((use) => new Use(tab, use)),
    })
  }

  post(from: number, post: Post): void {
    const copy: Post = JSON.parse(JSON.stringify({ ...post, state: undefined }))
    // A state that repeats one which the peer has not heard yet changes nothing.
    const isKnown = (other: Post) =>
      titleOf(copy) === 'state' && titleOf(other) === 'state' && other.stamp === copy.stamp
    for (const [index, { life, inbox }] of this.state.peers.entries()) {
      if (index !== from && (life === 'up' || life === 'hung') && !inbox.some(isKnown)) inbox.push({ ...copy })
    }
    this.#receive(from, post)
  }

  #receive(index: number, post: Post): void {
    const tab = this.#tabs[index]!
    const { stamp } = tab
    tab.receive(post)
    if (tab.stamp < stamp) this.fault ??= `${tab.id} went back to an earlier leader`
  }

  #cursor(position: number): string {
    return `e${this.state.epoch}.${position.toString(36)}`
  }

  delivered(use: UseState, { data }: Message): void {
    const event = Number(data)
    if (use.got.length > 0 && use.got.at(-1)! >= event) this.fault ??= `event ${event} came twice or out of order`
    use.got.push(event)
  }

  /** Only a tab whose cursor the log no longer has may receive a gap. */
  missed(use: UseState, { id }: Gap, tab: SimulatedTab): void {
    const { epoch, oldest, epochFrom } = this.state
    const [life, sequence] = tab.cursor.split('.')
    const position = Number.parseInt(sequence ?? '0', 36)
    if (life === `e${epoch}` && position >= oldest) this.fault ??= `a gap was reported to a tab that had missed nothing`
    use.excused = Math.max(epochFrom, Number.parseInt(id.split('.')[1] ?? '0', 36))
  }

  /** Everything that may happen next. */
  actions(): Action[] {
    const { peers, holder, queue, budget } = this.state
    const actions: Action[] = []
    const may = (name: string, run: () => void, fault = false) => actions.push({ name, run, fault })
    const [topic] = budget.publish
    if (topic !== undefined) {
      may(`publish ${topic}`, () => {
        budget.publish.shift()
        this.state.published.push(topic)
      })
    }
    if (holder === -1 && queue.length > 0) may('grant', () => this.#grant(queue.shift()!))
    const spend = (
      kind: 'crash' | 'freeze' | 'hang' | 'lose' | 'break' | 'restart' | 'trim',
      name: string,
      run: () => void,
    ) => {
      if (!budget[kind]) return
      may(
        name,
        () => {
          budget[kind]!--
          run()
        },
        true,
      )
    }
    spend('restart', 'restart', () => {
      this.state.epoch++
      this.state.epochFrom = this.state.oldest = this.state.published.length
      for (const [index, { connection, life }] of peers.entries()) if (connection && life !== 'hung') this.#break(index)
    })
    if (this.state.oldest < this.state.published.length)
      spend('trim', 'trim', () => {
        this.state.oldest = this.state.published.length
      })
    for (const [kind, run] of [
      [
        'add',
        (index: number, name: string) => {
          const tab = this.#tabs[index]!
          tab.add(new Use(tab, newUse(name)))
        },
      ],
      [
        'remove',
        (index: number, name: string) => {
          const tab = this.#tabs[index]!
          tab.remove(tab.uses.find(({ names }) => names[0] === name)!)
        },
      ],
    ] as const) {
      const [next] = budget[kind] ?? []
      if (next && peers[next[0]]!.life === 'up')
        may(`${kind} ${next}`, () => {
          budget[kind]!.shift()
          run(next[0], next[1])
        })
    }
    for (const [index, peer] of peers.entries()) this.#actionsOf(index, peer, may, spend)
    return actions
  }

  #actionsOf(
    index: number,
    peer: Peer,
    may: (name: string, run: () => void, fault?: boolean) => void,
    spend: (kind: 'crash' | 'freeze' | 'hang' | 'lose' | 'break', name: string, run: () => void) => void,
  ): void {
    const tab = this.#tabs[index]!
    const { id, life } = peer
    if (life === 'hung') {
      may(`${id} goes on`, () => {
        peer.life = 'up'
      })
      if (this.state.holder === index) {
        for (const thief of this.state.queue) {
          may(`${this.state.peers[thief]!.id} steals`, () => {
            this.state.queue = this.state.queue.filter((other) => other !== thief)
            peer.deposed = true
            this.#grant(thief)
          })
        }
      }
      if (peer.inbox.length > 0) spend('lose', `${id} loses ${titleOf(peer.inbox[0]!)}`, () => peer.inbox.shift())
    }
    if (life === 'away') may(`${id} wakes`, () => this.#wake(index))
    if (life !== 'up') return
    if (peer.inbox.length > 0)
      may(`${id} hears ${titleOf(peer.inbox[0]!)}`, () => this.#receive(index, peer.inbox.shift()!))
    if (peer.deposed) may(`${id} is deposed`, () => this.restart(index))
    if (peer.changing) may(`${id} connects`, () => this.#apply(index))
    const next = peer.connection && this.#nextItem(peer.connection)
    if (next) {
      may(`${id} receives ${JSON.stringify(next.item)}`, () => {
        peer.connection!.at = next.at
        peer.connection!.begun = true
        tab.received([next.item])
      })
    }
    if (peer.connection) spend('break', `${id} loses its connection`, () => this.#break(index))
    spend('crash', `${id} crashes`, () => {
      peer.life = 'dead'
      this.#gone(index)
    })
    spend('freeze', `${id} is frozen`, () => {
      peer.life = 'away'
      this.#gone(index)
    })
    spend('hang', `${id} hangs`, () => {
      peer.life = 'hung'
    })
  }

  #gone(index: number): void {
    const peer = this.state.peers[index]!
    peer.inbox = []
    peer.connection = undefined
    peer.changing = peer.deposed = false
    this.state.queue = this.state.queue.filter((other) => other !== index)
    if (this.state.holder === index) this.state.holder = -1
    this.#tabs[index]!.stop()
    for (const tab of this.#tabs) tab.gone(peer.id)
  }

  /** Releases the lock, if the tab still holds it, and the channel. Then it requests them again. */
  restart(index: number): void {
    this.#gone(index)
    this.#wake(index)
  }

  #wake(index: number): void {
    this.state.peers[index]!.life = 'up'
    this.state.queue.push(index)
    this.#tabs[index]!.want()
  }

  #grant(index: number): void {
    this.state.holder = index
    this.#tabs[index]!.lead()
  }

  #apply(index: number): void {
    const peer = this.state.peers[index]!
    const tab = this.#tabs[index]!
    peer.changing = false
    if (!tab.leading || !tab.isStale) return
    if (tab.wanted.length === 0) {
      tab.connection = undefined
      peer.connection = undefined
    } else this.#connect(index)
  }

  #break(index: number): void {
    if (this.#tabs[index]!.connection) this.#connect(index)
  }

  /**
   * Two connections at once are those of a leader that hangs, or was not notified yet that its lock was stolen. In every other case the
   * connection goes with the lock, so the overlap is the time in which a browser closes a connection.
   */
  #connect(index: number): void {
    const { peers } = this.state
    const isHeld = ({ connection, life, deposed }: Peer) => connection && life === 'up' && !deposed
    if (!peers[index]!.deposed && peers.some((peer, other) => other !== index && isHeld(peer)))
      this.fault ??= 'two leaders are connected at once'
    const { topics, start } = this.#tabs[index]!.connecting()
    peers[index]!.connection = { topics, start, at: 0, begun: false }
  }

  /** The next item of the server, if it has one. */
  #nextItem({ topics, start, at, begun }: NonNullable<Peer['connection']>): { item: Item; at: number } | undefined {
    const { published, epoch, oldest } = this.state
    if (!begun) {
      const [life, sequence] = start.split('.')
      const position = Number.parseInt(sequence ?? '0', 36)
      const gap = (reason: GapReason, at: number) =>
        ({ item: { id: this.#cursor(at), gap: { reason, id: this.#cursor(at) } }, at }) as const
      if (start === '') return { item: { id: this.#cursor(published.length) }, at: published.length }
      if (life !== `e${epoch}`) return gap('epoch', published.length)
      if (position < oldest) return gap('trimmed', oldest)
      return { item: { id: start }, at: position }
    }
    const event = published.findIndex((topic, index) => index >= at && topics.includes(topic))
    if (event === -1) return undefined
    const id = this.#cursor(event + 1)
    return { item: { type: 'note', data: `${event + 1}`, id, topics: [published[event]!] }, at: event + 1 }
  }

  /** Each tab that has received nothing for a while asks its leader for its state. Without faults, all replies arrive. */
  rest(): void {
    const { budget } = this.state
    this.state.budget = { publish: [] }
    for (const [index, tab] of this.#tabs.entries()) if (this.state.peers[index]!.life === 'up') tab.want()
    for (let steps = 0; steps < 1_000; steps++) {
      const actions = this.actions()
      if (actions.length === 0) {
        this.state.budget = budget
        return
      }
      actions[steps % actions.length]!.run()
    }
    this.fault ??= 'the tabs do not come to rest'
  }

  /** The fault of a world in which no further step happens by itself. Where messages may be lost, tabs ask their leader first. */
  verdict(): string | undefined {
    if (this.state.budget.lose !== undefined) this.rest()
    if (this.fault) return this.fault
    const { published, peers } = this.state
    for (const [index, tab] of this.#tabs.entries()) {
      if (peers[index]!.life !== 'up') continue
      for (const use of tab.uses) {
        if (!use.joined || !tab.following) return `${tab.id} waits for ${use.names} for ever`
        for (const [event, topic] of published.entries()) {
          const number = event + 1
          if (topic !== use.names[0] || number <= use.openedAt || number <= use.excused) continue
          if (!use.got.includes(number)) return `${tab.id} has lost event ${number} of ${topic}`
        }
      }
    }
    return undefined
  }
}

/** Names a post for the steps of a search. */
function titleOf(post: Post): string {
  if ('tab' in post) return 'want'
  return post.items ? 'items' : post.cursor === undefined ? 'state' : 'connection'
}

function newUse(name: string): UseState {
  return { names: [name], joined: false, got: [], openedAt: -1, excused: 0 }
}

/** Tabs with these topics, connected and at rest, but for those that are asleep: the first one leads. */
export function settled(
  topics: readonly (readonly string[])[],
  budget: Budget,
  replaced: Replaced,
  announces: boolean,
  asleep: readonly number[] = [],
): string {
  const peers = topics.map(
    (names, index): Peer => ({
      // The first leader has the greatest share of a term: terms have to decide, not shares.
      id: (9 - index) / 10,
      life: asleep.includes(index) ? 'away' : 'up',
      tab: { uses: names.map(newUse) },
      inbox: [],
      changing: false,
      deposed: false,
      connection: undefined,
    }),
  )
  const queue = peers.flatMap(({ life }, index) => (life === 'up' ? [index] : []))
  const none: Budget = { publish: [] }
  const state: WorldState = { peers, holder: -1, queue, published: [], epoch: 1, epochFrom: 0, oldest: 0, budget: none }
  const world = new World(state, replaced, announces)
  for (let steps = 0; steps < 1_000; steps++) {
    const actions = world.actions().filter(({ name }) => !name.includes('wakes'))
    if (actions.length === 0) {
      state.budget = budget
      return world.freeze()
    }
    // Messages before connections, so that the posts of all tabs arrive.
    ;(actions.find(({ name }) => name.includes('hears')) ?? actions[0]!).run()
  }
  throw new Error('the tabs do not come to rest')
}

export interface Search {
  readonly states: number
  /** The fault, and the steps that led to it. */
  readonly fault: string | undefined
  readonly complete: boolean
}

/** Of states that a search has not followed further, the newest come to rest at least. */
function unrest(states: readonly string[], replaced: Replaced, announces: boolean): string | undefined {
  for (const text of states.slice(-20)) {
    const world = new World(JSON.parse(text), replaced, announces)
    world.rest()
    if (world.fault) return world.fault
  }
  return undefined
}

/** Takes all steps in all orders, breadth first, so that the first fault has a shortest path. */
export function search(from: string, replaced: Replaced, announces: boolean, most: number): Search {
  const seen = new Set([from])
  const paths = new Map<string, [before: string, step: string]>()
  let layer = [from]
  const pathTo = (state: string, last: string) => {
    const steps = [last]
    for (let at = paths.get(state); at; at = paths.get(at[0])) steps.unshift(at[1])
    return steps.join('; ')
  }
  while (layer.length > 0) {
    const next: string[] = []
    for (const text of layer) {
      const here = new World(JSON.parse(text), replaced, announces)
      const names = here.actions()
      const isAtRest = names.every(({ fault }) => fault)
      if (isAtRest) {
        const wrong = here.verdict()
        if (wrong) return { states: seen.size, fault: `${wrong}, after ${pathTo(text, 'rest')}`, complete: false }
      }
      for (const [index, { name, run }] of names.entries()) {
        // The last step needs no copy. A verdict may have changed the world.
        const isLast = !isAtRest && index === names.length - 1
        const world = isLast ? here : new World(JSON.parse(text), replaced, announces)
        if (isLast) run()
        else world.actions()[index]!.run()
        if (world.fault)
          return { states: seen.size, fault: `${world.fault}, after ${pathTo(text, name)}`, complete: false }
        const after = world.freeze()
        if (seen.has(after)) continue
        seen.add(after)
        paths.set(after, [text, name])
        next.push(after)
        if (seen.size >= most) return { states: seen.size, fault: unrest(next, replaced, announces), complete: false }
      }
    }
    layer = next
  }
  return { states: seen.size, fault: undefined, complete: true }
}
