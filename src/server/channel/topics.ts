import { EventwireError, invalidOption, shown } from '../../shared/errors.ts'

const LONGEST = 1024
const ONE = '*'
const REST = '**'
const LINE_BREAK = /[\r\n]/
/** The index key of events and subscribers without topics. It collides with no topic, because a topic is never empty. */
const NONE: readonly string[] = ['']

interface Node<Value> {
  readonly children: Map<string, Node<Value>>
  readonly values: Set<Value>
}

/**
 * Index of subscribers by topic. Names are exact, `*` matches one segment between slashes and `**` any number of them. `**` alone
 * matches every event. A subscriber without topics receives the events that were published without topics.
 */
export class TopicIndex<Value> {
  readonly #exact = new Map<string, Set<Value>>()
  readonly #patterns: Node<Value> = newNode()

  add(topics: readonly string[] | undefined, value: Value): void {
    for (const topic of topics ?? NONE) {
      if (isTreePattern(topic)) nodeFor(this.#patterns, topic).values.add(value)
      else if (!this.#exact.get(topic)?.add(value)) this.#exact.set(topic, new Set([value]))
    }
  }

  remove(topics: readonly string[] | undefined, value: Value): void {
    for (const topic of topics ?? NONE) {
      if (isTreePattern(topic)) prune(this.#patterns, topic.split('/'), value)
      else {
        const values = this.#exact.get(topic)
        if (values?.delete(value) && values.size === 0) this.#exact.delete(topic)
      }
    }
  }

  /** The sets of subscribers that match an event with these topics; a subscriber may be in several sets. */
  find(topics: readonly string[] | undefined): Set<Value>[] {
    const found: Set<Value>[] = []
    const everything = this.#exact.get(REST)
    if (everything !== undefined) found.push(everything)
    for (const topic of topics ?? NONE) {
      const values = this.#exact.get(topic)
      if (values !== undefined) found.push(values)
      if (topics && this.#patterns.children.size > 0) collect(this.#patterns, topic.split('/'), 0, found)
    }
    return found
  }

  /** The subscribers that match an event with these topics, each once. */
  match(topics: readonly string[] | undefined): ReadonlySet<Value> {
    const sets = this.find(topics)
    return sets.length === 1 ? sets[0]! : new Set(sets.flatMap((values) => [...values]))
  }
}

/**
 * Checks topics to publish to, which are names. An empty list is the same as no topics.
 *
 * @throws {EventwireError} `invalid-option`
 */
export function checkTopics(topics: readonly string[] | undefined): readonly string[] | undefined {
  checkPatterns(topics)
  const pattern = topics?.find(isPattern)
  if (pattern !== undefined) throw refusal(`topic "${pattern}" is a pattern; publish with exact names`)
  const broken = topics?.find((topic) => LINE_BREAK.test(topic))
  if (broken !== undefined)
    throw refusal(`topic ${shown(broken)} contains a line break; publish with names of one line`)
  return topics?.length === 0 ? undefined : topics
}

/**
 * Checks topics to subscribe to: names or patterns.
 *
 * @throws {EventwireError} `invalid-option`
 */
export function checkPatterns(topics: readonly string[] | undefined): void {
  if (topics === undefined) return
  if (!Array.isArray(topics)) throw invalidOption('topics', topics, 'give an array')
  for (const topic of topics) checkText('topic', topic)
}

/**
 * Checks a topic or a key.
 *
 * @throws {EventwireError} `invalid-option`
 */
export function checkText(option: string, value: unknown): void {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST) return
  throw invalidOption(option, value, `give text of 1 to ${LONGEST} characters`)
}

/** Whether a reader of these topics receives topic lines: it has several topics, or a pattern. */
export function isSeveral(topics: readonly string[] | undefined): boolean {
  return topics !== undefined && (new Set(topics).size > 1 || topics.some(isPattern))
}

function refusal(message: string): EventwireError {
  return new EventwireError('invalid-option', message)
}

function isPattern(topic: string): boolean {
  return topic.includes(ONE) && topic.split('/').some((segment) => segment === ONE || segment === REST)
}

function newNode<Value>(): Node<Value> {
  return { children: new Map(), values: new Set() }
}

/** Whether a topic is a pattern for the tree: `**` alone matches everything and needs no tree. */
function isTreePattern(topic: string): boolean {
  return topic !== REST && isPattern(topic)
}

function nodeFor<Value>(root: Node<Value>, pattern: string): Node<Value> {
  let node = root
  for (const segment of pattern.split('/')) {
    const child = node.children.get(segment) ?? newNode()
    node.children.set(segment, child)
    node = child
  }
  return node
}

/** Removes a value, and its branch when that has no other values. */
function prune<Value>(node: Node<Value>, [segment, ...rest]: string[], value: Value): void {
  if (segment === undefined) {
    node.values.delete(value)
    return
  }
  const child = node.children.get(segment)
  if (child === undefined) return
  prune(child, rest, value)
  if (child.values.size + child.children.size === 0) node.children.delete(segment)
}

function collect<Value>(node: Node<Value>, segments: readonly string[], depth: number, found: Set<Value>[]): void {
  const { children, values } = node
  const rest = children.get(REST)
  if (rest !== undefined) {
    for (let from = depth; from <= segments.length; from++) collect(rest, segments, from, found)
  }
  const segment = segments[depth]
  if (segment === undefined) {
    if (values.size > 0) found.push(values)
    return
  }
  for (const name of [segment, ONE]) {
    const child = children.get(name)
    if (child !== undefined) collect(child, segments, depth + 1, found)
  }
}
