/**
 * The part of a request that Eventwire uses: of node:http, https, http2, and frameworks that pass on such objects or, as
 * Fastify and Koa do, wrap one.
 */
export interface RequestLike {
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly httpVersionMajor?: number | undefined
  readonly aborted?: boolean | undefined
  readonly complete?: boolean | undefined
  readonly readableFlowing?: boolean | null | undefined
  listenerCount?(event: string): number
  resume?(): unknown
  on?(event: string, listener: (...values: any[]) => void): unknown
}

/**
 * The part of a response that Eventwire uses.
 *
 * @example
 * import { createServer } from 'node:http'
 * import { createStream, type RequestLike, type ResponseLike } from 'eventwire/node'
 *
 * // Takes what node:http, https and http2 give, Express and Connect too.
 * function greet(req: RequestLike, res: ResponseLike): void {
 *   createStream<{ message: string }>(req, res).send('message', 'hello')
 * }
 * createServer(greet).listen(3000)
 */
export interface ResponseLike {
  readonly headersSent?: boolean | undefined
  readonly destroyed?: boolean | undefined
  readonly writableEnded?: boolean | undefined
  readonly writableLength?: number | undefined
  readonly writableNeedDrain?: boolean | undefined
  readonly socket?: unknown
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown
  setHeader(name: string, value: string): unknown
  hasHeader?(name: string): boolean
  removeHeader(name: string): unknown
  write(chunk: Uint8Array, callback?: (error?: any) => void): unknown
  end(): unknown
  on(event: string, listener: (...values: any[]) => void): unknown
  once(event: string, listener: (...values: any[]) => void): unknown
}

/**
 * A response that has Node's inside: Fastify's `reply`, Koa's `ctx.response`.
 *
 * @example
 * import { createServer } from 'node:http'
 * import { createStream, type RequestLike, type WrappedResponse } from 'eventwire/node'
 *
 * function greet(req: RequestLike, reply: WrappedResponse): void {
 *   createStream<{ message: string }>(req, reply).send('message', 'hello')
 * }
 * createServer((req, res) => greet(req, { raw: res })).listen(3000)
 */
export type WrappedResponse = { readonly raw: ResponseLike } | { readonly res: ResponseLike }

/** Members that only some responses have. */
export interface ResponseExtras {
  /** Put there by compressing middleware: what was written leaves now. */
  flush?(): void
  destroy?(): void
  appendHeader?(name: string, value: string): unknown
  getHeader?(name: string): unknown
  /** The body goes out in chunks of HTTP/1.1. */
  readonly chunkedEncoding?: boolean
  readonly writableCorked?: number
  /** The stream below an http2 response. */
  readonly stream?: { close(code: number): void; readonly destroyed: boolean }
}

/** The socket of an HTTP/1 response. */
export interface SocketLike {
  setNoDelay?(on: boolean): unknown
  setKeepAlive?(on: boolean, delay: number): unknown
  setTimeout?(milliseconds: number): unknown
  write?(bytes: Uint8Array, callback?: (error?: any) => void): unknown
  cork?(): void
  uncork?(): void
  readonly writableLength?: number
  readonly _handle?: { readonly writeQueueSize?: number } | null
}
