import { EventwireError, shown } from '../../shared/errors.ts'

const LONGEST = 1024
const ONE = '*'
const REST = '**'

interface Node<Value> {
  readonly children: Map<string, Node<Value>>
  readonly values: Set<Value>
}

/**
 * Who wants which topics. Names are exact, `*` stands for one segment between slashes and `**` for any number of them;
 * `**` alone takes everything, and who names no topics takes what is published without any.
 */
export class TopicIndex<Value> {
  readonly #everything = new Set<Value>()
  readonly #untitled = new Set<Value>()
  readonly #exact = new Map<string, Set<Value>>()
  readonly #patterns: Node<Value> = newNode()
  #patternCount = 0

  add(topics: readonly string[] | undefined, value: Value): void {
    if (topics === undefined) this.#untitled.add(value)
    for (const topic of topics ?? []) {
      if (topic === REST) {
        this.#everything.add(value)
      } else if (isPattern(topic)) {
        this.#patternCount++
        nodeFor(this.#patterns, topic).values.add(value)
      } else {
        const values = this.#exact.get(topic)
        if (values === undefined) this.#exact.set(topic, new Set([value]))
        else values.add(value)
      }
    }
  }

  remove(topics: readonly string[] | undefined, value: Value): void {
    if (topics === undefined) this.#untitled.delete(value)
    for (const topic of topics ?? []) {
      if (topic === REST) {
        this.#everything.delete(value)
      } else if (isPattern(topic)) {
        this.#patternCount--
        prune(this.#patterns, topic.split('/'), 0, value)
      } else {
        const values = this.#exact.get(topic)
        values?.delete(value)
        if (values?.size === 0) this.#exact.delete(topic)
      }
    }
  }

  /** Everybody who wants an event published with these topics, each once. */
  match(topics: readonly string[] | undefined): ReadonlySet<Value> {
    if (topics === undefined) return union([this.#everything, this.#untitled])
    const found: ReadonlySet<Value>[] = [this.#everything]
    for (const topic of topics) {
      const values = this.#exact.get(topic)
      if (values !== undefined) found.push(values)
      if (this.#patternCount > 0) collect(this.#patterns, topic.split('/'), 0, found)
    }
    return union(found)
  }
}

/**
 * Topics to publish with: names, none at all being the same as no topics.
 *
 * @throws {EventwireError} `invalid-option`
 */
export function checkTopics(topics: readonly string[] | undefined): readonly string[] | undefined {
  checkPatterns(topics)
  const pattern = topics?.find(isPattern)
  if (pattern !== undefined) throw refusal(`topic "${pattern}" is a pattern; publish with exact names`)
  return topics?.length === 0 ? undefined : topics
}

/**
 * Topics to subscribe to: names or patterns.
 *
 * @throws {EventwireError} `invalid-option`
 */
export function checkPatterns(topics: readonly string[] | undefined): void {
  if (topics === undefined) return
  if (!Array.isArray(topics)) throw refusal(`topics must be an array, got ${shown(topics)}`)
  for (const topic of topics) {
    if (typeof topic !== 'string') throw refusal(`topic ${shown(topic)} is not a string; give a name`)
    if (topic === '') throw refusal('topic "" is empty; leave `topics` out for events without topics')
    if (topic.length > LONGEST)
      throw refusal(`topic "${topic.slice(0, 40)}…" has ${topic.length} characters; give at most ${LONGEST}`)
  }
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

function nodeFor<Value>(root: Node<Value>, pattern: string): Node<Value> {
  let node = root
  for (const segment of pattern.split('/')) {
    let child = node.children.get(segment)
    if (child === undefined) {
      child = newNode()
      node.children.set(segment, child)
    }
    node = child
  }
  return node
}

/** Takes a value out, and the branch with it when nothing else is on it. */
function prune<Value>(node: Node<Value>, segments: readonly string[], depth: number, value: Value): void {
  const segment = segments[depth]
  if (segment === undefined) {
    node.values.delete(value)
    return
  }
  const child = node.children.get(segment)
  if (child === undefined) return
  prune(child, segments, depth + 1, value)
  if (child.values.size === 0 && child.children.size === 0) node.children.delete(segment)
}

function collect<Value>(
  node: Node<Value>,
  segments: readonly string[],
  depth: number,
  found: ReadonlySet<Value>[],
): void {
  const rest = node.children.get(REST)
  if (rest !== undefined) {
    for (let from = depth; from <= segments.length; from++) collect(rest, segments, from, found)
  }
  const segment = segments[depth]
  if (segment === undefined) {
    if (node.values.size > 0) found.push(node.values)
    return
  }
  const exact = node.children.get(segment)
  if (exact !== undefined) collect(exact, segments, depth + 1, found)
  const one = node.children.get(ONE)
  if (one !== undefined && segment !== ONE) collect(one, segments, depth + 1, found)
}

function union<Value>(sets: readonly ReadonlySet<Value>[]): ReadonlySet<Value> {
  const filled = sets.filter((set) => set.size > 0)
  if (filled.length <= 1) return filled[0] ?? new Set()
  const all = new Set<Value>()
  for (const set of filled) for (const value of set) all.add(value)
  return all
}
