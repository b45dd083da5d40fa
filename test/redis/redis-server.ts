import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from '../free-port.ts'

/** A `redis-server` of our own: on loopback, without persistence unless the arguments say otherwise. */
export class RedisServer {
  readonly port: number
  readonly #options: readonly string[]
  /** The configuration file, which has to come first. */
  readonly #file: readonly string[]
  #process: ChildProcess | undefined

  private constructor(port: number, options: readonly string[], file: readonly string[] = []) {
    this.port = port
    this.#options = options
    this.#file = file
  }

  static get installed(): boolean {
    return (process.env.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, 'redis-server')))
  }

  static async start(...options: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options)
    await server.start()
    return server
  }

  /** A Sentinel that fails over as soon as its master is away for half a second. It keeps its state in this folder. */
  static async startSentinel(folder: string, name: string, master: RedisServer): Promise<RedisServer> {
    const file = join(folder, 'sentinel.conf')
    const settings = [
      `monitor ${name} 127.0.0.1 ${master.port} 1`,
      `down-after-milliseconds ${name} 500`,
      `failover-timeout ${name} 5000`,
    ]
    await writeFile(file, settings.map((setting) => `sentinel ${setting}\n`).join(''))
    const server = new RedisServer(await freePort(), ['--sentinel'], [file])
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async start(...more: string[]): Promise<void> {
    // A master waits five seconds for more replicas unless it is told not to.
    const eager = ['--repl-diskless-sync-delay', '0']
    const where = [...eager, '--port', `${this.port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    // A server loads a snapshot that it finds: no other may have written one of that name.
    const own = ['--dbfilename', `redis-${process.pid}-${this.port}.rdb`]
    const child = spawn('redis-server', [...this.#file, ...where, ...own, ...this.#options, ...more], {
      cwd: tmpdir(), // a master writes a file there for its replicas
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#process = child
    let text = ''
    for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
      text += chunk
      if (/Ready to accept connections|Sentinel ID is/.test(text)) {
        child.stdout!.resume()
        return
      }
    }
    throw new Error(`redis-server did not start: ${text}`)
  }

  /** Ends it as a crash does. */
  async stop(): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
