import type { Gap } from '../../shared/wire/gap.ts'
import type { Message } from '../../shared/wire/parse.ts'
import type { SubscriptionState } from '../subscription/subscription.ts'

/**
 * A message of the wire, a gap or a cursor, as it crosses the channel between tabs. The id is `''` for a message that has no id of its
 * own.
 */
export interface Item extends Partial<Message> {
  readonly id: string
  readonly gap?: Gap
}

/** The requests of a leader to the server. */
export interface Connection {
  readonly topics: readonly string[]
  /** Topics that the request names as new to a tab. Empty once the connection has begun. */
  readonly added: readonly string[]
  /** The cursor that the request carries, `''` for none. */
  start: string
  /** The connection delivers all events behind this cursor. `undefined` until the connection has begun. */
  cursor?: string
  /** The number of the next batch. */
  seq: number
  /** Messages before the first cursor, with it. Empty once the connection has begun. */
  readonly early: Item[]
}

/** The topics of a tab, and its progress. */
export interface Want {
  readonly tab: number
  /** The latest stamp that the tab knows. */
  readonly stamp: number
  topics: readonly string[]
  /** Topics that are not joined yet. */
  fresh: readonly string[]
  /** The tab's own cursor, `''` before it has joined a topic. */
  readonly cursor: string
  /** Whether the tab cannot follow the present connection. */
  readonly ask: boolean
}

/**
 * A message of a leader. Its stamp identifies the leader by the integer, and the connection by the fraction. Later leaders and connections
 * have greater stamps.
 */
export interface LeaderPost extends Partial<Connection> {
  readonly stamp: number
  /** Messages of the connection, in a batch with the number `seq`. Other posts have the state of the leader instead. */
  readonly items?: readonly Item[]
  readonly state?: SubscriptionState
  /** The topics that the state is for. `undefined`: all. */
  readonly refused?: readonly string[] | undefined
}

/** A message between tabs. */
export type Post = Want | LeaderPost
