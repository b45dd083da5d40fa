import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

/** Makes a request listener of an async function. A request that it rejects ends its own response, not the server. */
export function listener(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): RequestListener {
  return (request, response) => {
    handle(request, response).catch((error) => {
      console.error(error)
      response.destroy()
    })
  }
}
