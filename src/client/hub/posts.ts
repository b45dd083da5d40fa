import type { PostedError, PostedState } from './wire-state.ts'

/** A message of the wire as it crosses the channel between tabs: its name, data, last event id and topics. */
export type Item = readonly [type: string, data: string, id: string, topics?: readonly string[] | undefined]

/** The identity of a connection of a leader. Later connections are greater. */
export interface ConnectionName {
  /** Grows with each leader. */
  readonly term: number
  /** The tab that leads. */
  readonly leader: string
  /** Counts the connections of a term. */
  readonly n: number
}

/** One connection to the server, as its leader announces it. */
export interface Connection extends ConnectionName {
  readonly topics: readonly string[]
  /** Topics that the request named as new to a tab. */
  readonly added: readonly string[]
  /** The cursor that the request carried, `''` for none. */
  readonly start: string
}

/** A message between tabs. */
export type Post =
  | {
      /** The topics of a tab. `ask`: the tab cannot follow the present connection. */
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
  /** A tab leads. The other tabs reply with their topics. */
  | { readonly type: 'lead'; readonly leader: string; readonly term: number }
  /** A connection, with `seq` 0 when it is new. `cursor` is `''` until the first cursor of the connection has arrived. */
  | ({ readonly type: 'conn'; readonly seq: number; readonly cursor: string } & Connection)
  /** Messages of a connection, in batches with consecutive numbers. */
  | ({ readonly type: 'items'; readonly seq: number; readonly items: readonly Item[] } & ConnectionName)

/** Posts about the connection as a whole, beside those of the hand-over. */
export type HubPost =
  | Post
  | { readonly type: 'state'; readonly term: number; readonly leader: string; readonly state: PostedState }
  | { readonly type: 'error'; readonly term: number; readonly leader: string; readonly error: PostedError }
  | { readonly type: 'refused'; readonly topics: readonly string[]; readonly error: PostedError }
  | { readonly type: 'bye'; readonly tab: string }
  | { readonly type: 'end' }
