import { connect, type Socket } from 'node:net'

/** An HTTP/1.1 client that shows the bytes of the response as they arrive, and can stop reading or disconnect. */
export class RawClient {
  readonly socket: Socket
  text = ''
  ended = false
  #changed: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      this.text += chunk
      this.#changed()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.ended = true
      this.#changed()
    })
  }

  /** Connects and asks; the request is made of these lines. */
  static async open(port: number, lines: readonly string[] = ['GET / HTTP/1.1'], body = ''): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const client = new RawClient(socket)
    socket.write(`${[...lines, 'Host: 127.0.0.1'].join('\r\n')}\r\n\r\n${body}`, 'latin1')
    return client
  }

  /** Waits until the response holds this text; throws when it ends without. */
  async until(wanted: string | RegExp): Promise<string> {
    while (!(typeof wanted === 'string' ? this.text.includes(wanted) : wanted.test(this.text))) {
      if (this.ended) throw new Error(`the response ended without ${wanted}: ${this.text.slice(-500)}`)
      await this.#change()
    }
    return this.text
  }

  /** Waits for the end of the connection. */
  async end(): Promise<string> {
    while (!this.ended) await this.#change()
    return this.text
  }

  disconnect(): void {
    this.socket.destroy()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve
    })
  }
}
