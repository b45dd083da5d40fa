/**
 * The same response for a reader that is slow: before each chunk it waits. What is not read stays with the server, which
 * can so be watched as it fills up, waits, or cuts the client off.
 *
 * @param delay - Milliseconds before each chunk.
 *
 * @example
 * const client = createTestClient<AppEvents>(slowDown(channel.response(request), 200))
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
