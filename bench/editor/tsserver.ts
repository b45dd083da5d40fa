/** TypeScript's own language service as an editor runs it: `tsserver` in a process of its own, over its pipe. */
import { type ChildProcess, spawn } from 'node:child_process'

interface Answer {
  readonly type: string
  readonly request_seq?: number
  readonly success?: boolean
  readonly message?: string
  readonly body?: any
}

/** How long an answer may take, in milliseconds. */
const TIMEOUT = 60_000

export class TsServer {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve(body: any): void; reject(error: Error): void }>()
  #received = Buffer.alloc(0)
  #sequence = 0

  constructor(compiler: string) {
    const words = [`${compiler}/lib/tsserver.js`, '--disableAutomaticTypingAcquisition', '--suppressDiagnosticEvents']
    this.#process = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#process.stdout!.on('data', (bytes: Buffer) => this.#read(bytes))
    this.#process.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('tsserver has ended'))
    })
  }

  open(file: string, text: string): void {
    this.#write('open', { file, fileContent: text, scriptKindName: 'TS' })
  }

  /** Replaces one character, which gives the server a new program and a new checker, as typing does. */
  replace(file: string, line: number, offset: number, text: string): void {
    this.#write('change', { file, line, offset, endLine: line, endOffset: offset + text.length, insertString: text })
  }

  /** The names that are offered at a position. */
  async completions(file: string, line: number, offset: number): Promise<string[]> {
    const { entries } = await this.#ask('completionInfo', { file, line, offset })
    return entries.map(({ name }: { name: string }) => name)
  }

  stop(): void {
    this.#process.kill()
  }

  #ask(command: string, words: object): Promise<any> {
    const sequence = this.#write(command, words)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`tsserver did not answer ${command}`)), TIMEOUT)
      const settled = (settle: (value: any) => void) => (value: any) => {
        clearTimeout(timer)
        settle(value)
      }
      this.#waiting.set(sequence, { resolve: settled(resolve), reject: settled(reject) })
    })
  }

  #write(command: string, words: object): number {
    const seq = ++this.#sequence
    this.#process.stdin!.write(`${JSON.stringify({ seq, type: 'request', command, arguments: words })}\n`)
    return seq
  }

  #read(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    for (;;) {
      const head = /^Content-Length: (\d+)\r?\n\r?\n/.exec(this.#received.toString('latin1', 0, 64))
      if (head === null) return
      const end = head[0].length + Number(head[1])
      if (this.#received.length < end) return
      this.#answer(JSON.parse(this.#received.toString('utf8', head[0].length, end)))
      this.#received = this.#received.subarray(end)
    }
  }

  #answer({ type, request_seq, success, message, body }: Answer): void {
    const waiting = type === 'response' ? this.#waiting.get(request_seq!) : undefined
    if (waiting === undefined) return
    this.#waiting.delete(request_seq!)
    if (success) waiting.resolve(body)
    else waiting.reject(new Error(message))
  }
}
