import type { PostedState } from './wire-state.ts'

/**
 * A message of the wire as it crosses the channel between tabs: its name, data, id and topics. The id is `''` for a message that has no
 * id of its own.
 */
export type Item = readonly [type: string, data: string, id: string, topics?: readonly string[] | undefined]

/** The identity of a connection of a leader. Later connections are greater. */
export interface ConnectionName {
  /** Grows with each leader. */
  readonly term: number
  /** The tab that leads. */
  readonly leader: string
  /** Counts the connections of a term, 0 before the first. */
  readonly n: number
}

/** The requests of a leader to the server. */
export interface Connection {
  readonly topics: readonly string[]
  /** Topics that the request names as new to a tab. */
  readonly added: readonly string[]
  /** The cursor that the request carries, `''` for none. */
  start: string
}

/** The topics of a tab. `ask`: the tab cannot follow the present connection. */
export interface Want {
  readonly type: 'want'
  readonly tab: string
  readonly term: number
  readonly leader: string
  readonly topics: readonly string[]
  /** Topics that are not joined yet. */
  readonly fresh: readonly string[]
  /** The tab's own cursor, `''` before it has joined a topic. */
  readonly cursor: string
  readonly ask: boolean
}

/** A connection that has begun, at its beginning or in reply to a tab. */
export interface Announcement extends ConnectionName, Connection {
  readonly type: 'conn'
  /** The number of the next batch. */
  readonly seq: number
  /** The connection delivers all events behind this cursor. */
  readonly cursor: string
  /** The gap with which the connection began. */
  readonly gap?: Item | undefined
  /** Messages before the first cursor, for the topics that are new. */
  readonly early: readonly Item[]
}

/** A message between tabs. */
export type Post =
  | Want
  /** A tab leads. The other tabs reply with their topics. */
  | ({ readonly type: 'lead' } & ConnectionName)
  | Announcement
  /** Messages of a connection, in batches with consecutive numbers. */
  | ({ readonly type: 'items'; readonly seq: number; readonly items: readonly Item[] } & ConnectionName)

/** Posts about the connection as a whole, beside those of the hand-over. */
export type HubPost =
  | Post
  /** A state of the connection, or the end of some topics only. */
  | {
      readonly type: 'state'
      readonly term: number
      readonly leader: string
      readonly state: PostedState
      readonly topics?: readonly string[] | undefined
    }
  | { readonly type: 'end' }
