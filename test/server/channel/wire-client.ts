/** Everything that a client receives, in the order of the wire. Control information has the same shape in both of its forms. */
export interface Item {
  readonly type: string
  readonly data: string
  /** The position of an event or a cursor, or where reading goes on behind a gap; `''` when the frame has none. */
  readonly id: string
  readonly topics: readonly string[]
}

/** A client that reads on request and parses by hand, because a parser does not report blocks with an id alone. */
export class WireClient {
  readonly items: Item[] = []
  ended = false
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #text = ''
  #taking: Promise<void> | undefined

  constructor({ body }: Response) {
    this.#reader = body!.getReader()
  }

  take(): Promise<void> {
    this.#taking ??= this.#read().finally(() => {
      this.#taking = undefined
    })
    return this.#taking
  }

  async disconnect(): Promise<void> {
    this.ended = true
    await this.#reader.cancel()
  }

  async #read(): Promise<void> {
    const { done, value } = await this.#reader.read()
    if (done) this.ended = true
    this.#text += this.#decoder.decode(value, { stream: !done })
    const blocks = this.#text.split('\n\n')
    this.#text = blocks.pop()!
    for (const block of blocks) this.items.push(...itemsOf(block.split('\n')))
  }
}

const GAP = ': sse:gap '

function itemsOf(lines: readonly string[]): Item[] {
  const items: Item[] = []
  const topics: string[] = []
  let [type, data, id] = ['', '', '']
  for (const line of lines) {
    const [field, ...rest] = line.replace(/^: topic/, 'topic').split(': ')
    const value = rest.join(': ')
    if (line.startsWith(GAP)) items.push(item('sse:gap', '', JSON.parse(line.slice(GAP.length)).id ?? ''))
    else if (field === 'topic') topics.push(value)
    else if (field === 'event') type = value
    else if (field === 'data') data = value
    else if (field === 'id') id = value
  }
  if (data !== '') items.push({ type, data, id, topics })
  else if (id !== '') items.push(item('sse:cursor', '', id))
  return items
}

function item(type: string, data: string, id: string): Item {
  return { type, data, id, topics: [] }
}
