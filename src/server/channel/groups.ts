import type { LogEntry } from '../log/event-log.ts'
import type { Reader } from './reader.ts'
import { TopicIndex } from './topics.ts'

/** The readers with the same topics: what they get is found and joined once for all of them. */
export class Group {
  readonly key: string
  readonly topics: readonly string[] | undefined
  /** Those at the head. */
  readonly live: Set<Reader> = new Set()
  /** How many belong to it, live or behind. */
  members = 0
  /** What this tick has brought for it. */
  collected: LogEntry[] = []
  readonly #own = new TopicIndex<true>()

  constructor(key: string, topics: readonly string[] | undefined) {
    this.key = key
    this.topics = topics
    this.#own.add(topics, true)
  }

  /** The very test that finds the group when an event is live. */
  wants({ topics }: LogEntry): boolean {
    return this.#own.match(topics).size > 0
  }
}

/** All groups of a channel, found by what is published. */
export class Groups {
  readonly #byKey = new Map<string, Group>()
  readonly #index = new TopicIndex<Group>()

  join(topics: readonly string[] | undefined): Group {
    const key = topics === undefined ? '' : JSON.stringify([...new Set(topics)].sort())
    let group = this.#byKey.get(key)
    if (group === undefined) {
      group = new Group(key, topics)
      this.#byKey.set(key, group)
      this.#index.add(topics, group)
    }
    group.members++
    return group
  }

  leave(group: Group): void {
    group.members--
    if (group.members > 0) return
    this.#byKey.delete(group.key)
    this.#index.remove(group.topics, group)
  }

  matching({ topics }: LogEntry): Iterable<Group> {
    return this.#index.match(topics)
  }

  all(): Iterable<Group> {
    return this.#byKey.values()
  }
}
