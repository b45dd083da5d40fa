import { readEvents, subscribe } from '../../../src/client/index.ts'

/** What the client does in this runtime against the server of runtimes.test.ts; the test compares it. */
export async function check(origin: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}

  const resumed = subscribe<{ message: number }>(`${origin}/resume`, { retry: { min: 1 } })
  const seen: unknown[] = []
  for await (const { data, id } of resumed) {
    seen.push([data, id])
    if (data === 2) break
  }
  found.resume = seen

  const redirected = subscribe<{ message: object }>(`${origin}/redirect`, { headers: { 'X-Secret': 'mine' } })
  found.redirect = (await redirected.once('message')).data
  redirected.close()

  found.gone = await subscribe(`${origin}/204`).closed
  const missing = subscribe(`${origin}/404`)
  missing.onError(({ message, status, body }) => {
    found.missing = [message.replace(origin, ''), status, body]
  })
  await missing.closed

  const answered = subscribe<{ message: string }>(`${origin}/post`, {
    method: 'POST',
    body: 'a question',
    until: ({ data }) => data === '[DONE]',
  })
  for await (const { data } of answered) found.post = data

  const silent = subscribe(`${origin}/silent`)
  silent.onError(({ code }) => {
    found.silent = code
    silent.close()
  })
  await silent.closed

  const body: unknown[] = []
  for await (const { data } of readEvents(await fetch(`${origin}/resume`))) body.push(data)
  found.body = body
  return found
}
