import { unobserved } from '../../shared/observe.ts'
import type { PageReader } from '../channel/page-port.ts'
import type { ReaderOptions } from '../channel/types.ts'
import { abandon } from '../stream/internal.ts'
import { settingsOf } from '../stream/settings.ts'
import { Stream } from '../stream/stream.ts'
import type { EventWriter } from '../stream/types.ts'
import { copyHeaders, nodeRequest, nodeResponse, takeOver } from './framework.ts'
import type { RequestLike, ResponseExtras, ResponseLike, WrappedResponse } from './message.ts'

/** Responds to a poll. @returns a writer that is closed; `undefined` for a request that does not poll. */
export function respondWithPage(
  pages: PageReader,
  req: RequestLike,
  res: ResponseLike | WrappedResponse,
  options: ReaderOptions<any> | undefined,
): EventWriter<any> | undefined {
  const { method, url = '', headers } = nodeRequest(req)
  const response = nodeResponse(res)
  const client = new AbortController()
  const get = (name: string) => {
    const value = headers[name.toLowerCase()]
    return value === undefined ? null : `${value}`
  }
  const page = pages.respond({ method, url, headers: { get }, signal: client.signal }, options)
  if (page === undefined) return undefined
  takeOver(res)
  response.once('close', () => client.abort())
  void page.then((page) => write(page, res, response))
  const stream = new Stream(settingsOf(undefined), '')
  unobserved.add(stream)
  abandon(stream, 'server')
  return stream
}

async function write(
  page: Response,
  given: ResponseLike | WrappedResponse,
  response: ResponseLike & ResponseExtras,
): Promise<void> {
  const body = new Uint8Array(await page.arrayBuffer())
  if (response.destroyed || response.writableEnded) return
  copyHeaders(given, response)
  for (const [name, value] of page.headers) {
    if (name === 'set-cookie') response.appendHeader?.(name, value)
    else response.setHeader(name, value)
  }
  if (body.length > 0) response.setHeader('Content-Length', `${body.length}`)
  response.writeHead(page.status, {})
  if (body.length > 0) response.write(body)
  response.end()
}
