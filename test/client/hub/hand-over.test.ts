// Whatever fails, and in whatever order things happen, no tab loses an event or receives it twice, and all come to rest. Each rule of
// the hand-over is needed for that.
import { describe, expect, it } from 'vitest'
import { Rules } from '../../../src/client/hub/rules.ts'
import { type Budget, type Replaced, search, settled } from './world.ts'

interface Scenario {
  readonly name: string
  /** The topics of each tab. The first tab leads. */
  readonly tabs: readonly (readonly string[])[]
  readonly budget: Budget
  /** Whether requests name the new topics. */
  readonly announces?: boolean
  /** Tabs that know nothing yet. */
  readonly asleep?: readonly number[]
  /** The number of states where it has not been searched to the end. */
  readonly most?: number
}

const LARGE = 20_000

const scenarios: readonly Scenario[] = [
  { name: 'nothing fails', tabs: [['a'], ['b'], ['a', 'b']], budget: { publish: ['a', 'b'] } },
  { name: 'the leader crashes', tabs: [['a'], ['a', 'b']], budget: { publish: ['a', 'b'], crash: 1 } },
  {
    name: 'the leader of other topics crashes',
    tabs: [['a'], ['a'], ['b']],
    budget: { publish: ['b', 'a'], crash: 1 },
  },
  { name: 'two leaders crash', tabs: [['a'], ['a'], ['b']], budget: { publish: ['b', 'a'], crash: 2 }, most: LARGE },
  { name: 'a tab is frozen', tabs: [['a'], ['a']], budget: { publish: ['a', 'a'], freeze: 1 } },
  { name: 'tabs are frozen twice', tabs: [['a'], ['a']], budget: { publish: ['a', 'a'], freeze: 2 }, most: LARGE },
  { name: 'a tab is frozen for too long', tabs: [['a'], ['a']], budget: { publish: ['a', 'a'], freeze: 1, trim: 1 } },
  { name: 'a leader hangs, so that there are two', tabs: [['a'], ['a']], budget: { publish: ['a', 'a'], hang: 1 } },
  {
    name: 'a leader hangs beside two tabs',
    tabs: [['a'], ['a'], ['a']],
    budget: { publish: ['a'], hang: 1 },
    most: LARGE,
  },
  { name: 'leaders hang twice', tabs: [['a'], ['a']], budget: { publish: ['a'], hang: 2 }, most: LARGE },
  { name: 'a tab loses messages', tabs: [['a'], ['a']], budget: { publish: ['a', 'a'], hang: 1, lose: 2 } },
  { name: 'a tab joins between events', tabs: [['a'], []], budget: { publish: ['b', 'b'], add: [[1, 'b']] } },
  {
    name: 'topics come and go while the connection breaks',
    tabs: [['a'], ['a', 'b']],
    budget: { publish: ['b', 'a'], add: [[0, 'b']], remove: [[1, 'b']], break: 1 },
  },
  {
    name: 'topics come while the leader crashes',
    tabs: [['a'], ['a']],
    budget: { publish: ['b', 'a'], add: [[1, 'b']], crash: 1 },
  },
  {
    name: 'topics come while a leader hangs',
    tabs: [['a'], ['a']],
    budget: { publish: ['b', 'a'], add: [[1, 'b']], hang: 1 },
    most: LARGE,
  },
  { name: 'the server forgets', tabs: [['a'], ['a']], budget: { publish: ['a', 'a'], restart: 1, crash: 1 } },
  {
    name: 'the server forgets while a tab is frozen',
    tabs: [['a'], ['a']],
    budget: { publish: ['a', 'a'], restart: 1, freeze: 1 },
    most: LARGE,
  },
  {
    name: 'a tab that knows nothing leads',
    tabs: [['a'], ['a'], ['a']],
    budget: { publish: ['a'], crash: 1, freeze: 1 },
    asleep: [2],
    most: LARGE,
  },
  { name: 'the only other tab knows nothing', tabs: [['a'], ['a']], budget: { publish: [], freeze: 1 }, asleep: [1] },
  {
    name: 'requests name the new topics',
    tabs: [['a'], ['a']],
    budget: {
      publish: ['a', 'b'],
      add: [
        [1, 'b'],
        [0, 'b'],
      ],
    },
    announces: true,
  },
  {
    name: 'requests name the new topics while the leader crashes',
    tabs: [['a'], ['a']],
    budget: { publish: ['a', 'b'], add: [[1, 'b']], crash: 1 },
    announces: true,
  },
]

const run = ({ tabs, budget, announces = false, asleep, most }: Scenario, replaced: Replaced, bound = 40_000) =>
  search(settled(tabs, budget, replaced, announces, asleep), replaced, announces, most ?? bound)

describe('nothing is lost, doubled or stuck', () => {
  it.each(scenarios)('when $name', (scenario) => {
    const { fault, complete, states } = run(scenario, {})
    expect(fault).toBeUndefined()
    expect(states).toBeGreaterThan(9)
    if (scenario.most === undefined) expect(complete).toBe(true)
  })
})

describe('without a rule something goes wrong', () => {
  it.each<[rule: string, when: string, fault: RegExp, replaced: Replaced, most?: number]>([
    [
      'what earlier leaders send is ignored',
      'a leader hangs, so that there are two',
      /went back to an earlier leader/,
      { isBefore: () => false },
    ],
    [
      'a connection has to carry all joined topics',
      'the leader of other topics crashes',
      /has lost event/,
      { covers: () => true },
    ],
    [
      'a connection has to begin at or before the cursor',
      'a tab is frozen',
      /has lost event/,
      { judge: () => 'follow' },
    ],
    [
      'a tab asks for its own cursor before it reports a gap',
      'a tab is frozen',
      /a gap was reported to a tab that had missed nothing/,
      {
        judge(from) {
          return this.isReceived!(from) ? 'follow' : 'gap'
        },
      },
    ],
    [
      'an answer to the own cursor is final',
      'a tab is frozen for too long',
      /do not come to rest/,
      {
        judge(from) {
          return this.isReceived!(from) ? 'follow' : 'ask'
        },
      },
    ],
    [
      'events are known by their cursors',
      'a tab is frozen',
      /came twice/,
      {
        isReceived: () => false,
        judge(from, own) {
          return Object.assign(new Rules(), { cursor: this.cursor, recent: this.recent }).judge(from, own)
        },
      },
    ],
    ['a missing batch is noticed', 'a tab loses messages', /has lost event/, { isNext: () => true }],
    [
      'the leader goes back to the earliest cursor',
      'the leader crashes',
      /do not come to rest/,
      { earliest: (cursors) => cursors.at(-1)! },
    ],
    [
      'a leader learns of later terms',
      'the only other tab knows nothing',
      /do not come to rest/,
      { isOutdated: () => false },
      // The tabs never come to rest, and their states grow without end.
      4_000,
    ],
  ])('%s', (_, when, fault, replaced, most = LARGE) => {
    const scenario = scenarios.find(({ name }) => name === when)!
    expect(run({ ...scenario, most }, replaced).fault).toMatch(fault)
  })
})
