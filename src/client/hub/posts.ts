import type { PostedError, PostedState } from './wire-state.ts'

/** A message of the wire as it crosses the channel between tabs: its name, data, last event id and topics. */
export type Item = readonly [type: string, data: string, id: string, topics?: readonly string[] | undefined]

/** Which connection of which leader: later ones are greater. */
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
  /** Topics that the server was told are new to a tab. */
  readonly added: readonly string[]
  /** The cursor that the request carried, `''` for none. */
  readonly start: string
}

/** What tabs post to each other. */
export type Post =
  | {
      /** What a tab needs. `ask`: the present connection will not do. */
      readonly type: 'want'
      readonly tab: string
      readonly term: number
      readonly leader: string
      readonly topics: readonly string[]
      /** Topics that are not joined yet. */
      readonly fresh: readonly string[]
      /** The tab's own cursor, `''` while it has joined nothing. */
      readonly cursor: string
      readonly ask: boolean
    }
  /** A tab leads. Tabs answer with what they need. */
  | { readonly type: 'lead'; readonly leader: string; readonly term: number }
  /** A connection: new (`seq` is 0), or as far as it has come. `cursor` is `''` until its first cursor has arrived. */
  | ({ readonly type: 'conn'; readonly seq: number; readonly cursor: string } & Connection)
  /** Messages of a connection, numbered without holes. */
  | ({ readonly type: 'items'; readonly seq: number; readonly items: readonly Item[] } & ConnectionName)

/** Posts about the connection as a whole, beside those of the hand-over. */
export type HubPost =
  | Post
  | { readonly type: 'state'; readonly term: number; readonly leader: string; readonly state: PostedState }
  | { readonly type: 'error'; readonly term: number; readonly leader: string; readonly error: PostedError }
  | { readonly type: 'refused'; readonly topics: readonly string[]; readonly error: PostedError }
  | { readonly type: 'bye'; readonly tab: string }
  | { readonly type: 'end' }
