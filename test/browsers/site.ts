import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Page } from './engine.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

export type Handler = (response: ServerResponse, request: IncomingMessage) => void

/** A web server for a browser: empty pages, the library's own modules, and streams by path. It can be restarted. */
export class Site {
  readonly #handlers = new Map<string, { handlers: Handler[]; requests: IncomingMessage[] }>()
  readonly #watchers = new Set<() => void>()
  #server: Server | undefined
  #port = 0
  /** Responses that are open, by path. */
  readonly open: string[] = []

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => this.#respondWith(request, response))
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    const server = this.#server!
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }

  /** The first request for a path gets the first handler, and so on; the last one answers the rest. */
  on(path: string, ...handlers: Handler[]): IncomingMessage[] {
    const requests: IncomingMessage[] = []
    this.#handlers.set(path, { handlers, requests })
    return requests
  }

  /**
   * Lets a page go elsewhere by itself and come back by the back button; ends when it is shown again. The pages tell by requests where
   * they are, because a browser may never answer a command that reaches a page as it is frozen.
   * @param ready - looked at elsewhere, before the way back
   */
  async leaveAndReturn(page: Page, ready: () => boolean = () => true): Promise<void> {
    let asked = false
    const answer = (condition: () => boolean): Handler => {
      return (response) => void this.until(condition).then(() => response.writeHead(204).end())
    }
    const leave = answer(() => asked)
    this.on('/leave', leave)
    this.on('/elsewhere', html(`onload = async () => { await fetch('/return'); setTimeout(() => history.back()) }`))
    this.on('/return', answer(ready))
    const shown = this.on('/shown', respondWith(204))
    await page.run(`fetch('/leave').then((response) => response.text()).then(() => { location.href = '/elsewhere' })`)
    asked = true
    this.#changed()
    await this.until(() => shown.length > 0)
  }

  /** Resolves when it holds; looked at whenever a request comes or a response ends. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!holds()) return
        this.#watchers.delete(check)
        resolve()
      }
      this.#watchers.add(check)
      check()
    })
  }

  #changed(): void {
    for (const check of this.#watchers) check()
  }

  async #respondWith(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url!, this.origin)
    const stream = this.#handlers.get(pathname)
    if (stream) {
      stream.requests.push(request)
      this.open.push(pathname)
      response.on('close', () => {
        this.open.splice(this.open.indexOf(pathname), 1)
        this.#changed()
      })
      this.#changed()
      stream.handlers[Math.min(stream.requests.length, stream.handlers.length) - 1]!(response, request)
    } else if (pathname.startsWith('/src/')) {
      const code = stripTypeScriptTypes(await readFile(root + pathname, 'utf8'))
      response.writeHead(200, { 'Content-Type': 'text/javascript', 'Service-Worker-Allowed': '/' }).end(code)
    } else if (pathname.startsWith('/page')) {
      html(reportReturn, { 'Set-Cookie': 'session=yes; Path=/' })(response, request)
    } else response.writeHead(404).end()
  }
}

/** Run by a page: tells the site when the back button has brought it back, kept or loaded again. */
const reportReturn = `addEventListener('pageshow', ({ persisted }) => {
  if (persisted || performance.getEntriesByType('navigation')[0].type === 'back_forward') fetch('/shown')
})`

function html(script: string, headers: Record<string, string> = {}): Handler {
  const text = `<!doctype html><title>page</title><script>${script}</script>`
  return (response) => response.writeHead(200, { 'Content-Type': 'text/html', ...headers }).end(text)
}

/** An open stream with these bytes. */
export function stream(text: string, headers: Record<string, string> = {}): Handler {
  return (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', ...headers })
    response.write(text)
  }
}

/** A stream with these bytes that ends. */
export function ended(text: string): Handler {
  return (response, request) => {
    stream(text)(response, request)
    response.end()
  }
}

export function respondWith(status: number, headers: Record<string, string> = {}): Handler {
  return (response) => response.writeHead(status, headers).end()
}
