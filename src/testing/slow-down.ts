/**
 * Makes a response slow to read: it waits before each chunk. Unread bytes stay with the server, so a test can watch it buffer,
 * wait, or disconnect the client.
 *
 * @param delay - Milliseconds before each chunk.
 *
 * @example
 * import { createStream } from 'eventwire/server'
 * import { createTestClient, slowDown } from 'eventwire/testing'
 *
 * const stream = createStream<{ message: string }>()
 * const client = createTestClient<{ message: string }>(slowDown(stream.response, 200))
 * stream.send('message', 'late')
 * console.log((await client.next()).data) // -> late
 */
export function slowDown(response: Response, delay: number): Response {
  if (!response.body) return response
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, delay))
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Reads nothing before the reader asks for it.
    { highWaterMark: 0 },
  )
  return new Response(body, response)
}
