/**
 * The same response for a reader that is slow: before each chunk it waits. What is not read stays with the server, which
 * can so be watched as it fills up, waits, or cuts the client off.
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
    // Nothing is read ahead of the reader.
    { highWaterMark: 0 },
  )
  return new Response(body, response)
}
