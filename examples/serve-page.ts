import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'

const library = new URL('../', import.meta.resolve('eventwire/client'))
const LIBRARY_FILE = /^\/eventwire((?:\/[\w-]+)+\.js)$/

/** Answers with the page of an example, or with the client that the page imports, as it was built: without a bundler. */
export async function servePage(page: URL, pathname: string, response: ServerResponse): Promise<void> {
  const file = LIBRARY_FILE.exec(pathname)
  if (pathname === '/') await send(page, 'text/html; charset=utf-8', response)
  else if (file !== null) await send(new URL(`.${file[1]}`, library), 'text/javascript', response)
  else response.writeHead(404).end('Not found')
}

async function send(file: URL, type: string, response: ServerResponse): Promise<void> {
  try {
    const content = await readFile(file)
    response.writeHead(200, { 'Content-Type': type }).end(content)
  } catch {
    response.writeHead(404).end('Not found')
  }
}
