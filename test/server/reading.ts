/** A client of a Fetch body that takes one chunk at a time, as text. */
export class Reading {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>

  constructor({ body }: Response) {
    this.#reader = body!.getReader()
  }

  /** The next chunk; `undefined` at the end. */
  async next(): Promise<string | undefined> {
    const { done, value } = await this.#reader.read()
    return done ? undefined : new TextDecoder().decode(value)
  }

  /** Reads the remaining text, up to the end. */
  async rest(): Promise<string> {
    let text = ''
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) text += chunk
    return text
  }

  disconnect(): Promise<void> {
    return this.#reader.cancel()
  }
}

export function requestWith(init: RequestInit = {}, query = ''): Request {
  return new Request(`http://127.0.0.1/events${query}`, init)
}
