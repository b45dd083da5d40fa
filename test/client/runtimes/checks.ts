import { createHub } from '../../../src/client/hub/index.ts'
import { type EventwireError, type FetchLike, readEvents, subscribe } from '../../../src/client/index.ts'
import { createStream } from '../../../src/server/index.ts'

/** Records the client's behaviour in this runtime against the server of runtimes.test.ts, which compares it. */
export async function check(origin: string, closedPort: string): Promise<Record<string, unknown>> {
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

  return {
    ...found,
    ...(await checkRequests(origin, closedPort)),
    ...(await checkPayloads(origin)),
    ...(await checkHub(origin)),
  }
}

/** Checks which requests are repeated, and which headers and bodies reach which origin. */
async function checkRequests(origin: string, closedPort: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}

  const finished = subscribe(`${origin}/finished`, { json: { prompt: 'x' } })
  found.finished = await finished.closed

  const unsent = subscribe(`http://127.0.0.1:${closedPort}/`, { json: { prompt: 'x' } })
  found.neverSent = await new Promise((resolve) => unsent.onError(({ code, willRetry }) => resolve([code, willRetry])))
  unsent.close()

  const withToken: FetchLike = (url, init) => fetch(url, { ...init, headers: { ...init.headers, 'x-secret': 'mine' } })
  const redirected = subscribe<{ message: object }>(`${origin}/redirect`, { fetch: withToken })
  found.wrapped = (await redirected.once('message')).data
  redirected.close()

  const kept = subscribe<{ message: object }>(`${origin}/headers`, { fetch: withToken })
  found.kept = (await kept.once('message')).data
  kept.close()

  const located = subscribe<{ message: string }>(`${origin}/located`)
  found.located = (await located.once('message')).data
  located.close()
  return found
}

/** Checks the effect of bad data without an `onError` listener; a runtime that ends the process prints nothing. */
async function checkPayloads(origin: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  const errors: (EventwireError | undefined)[] = []

  const payloads = subscribe<{ message: number; ping: unknown }>(`${origin}/payloads`, { retry: { min: 100 } })
  payloads.on('ping', () => {})
  payloads.state.subscribe((state) => {
    if (state.status === 'open' && state.error) errors.push(state.error)
  })
  for await (const { data } of payloads.events('message')) if (data === 2) break
  payloads.close()
  found.payloads = errors.map((error) => [error?.code, error?.raw])

  try {
    for await (const _ of readEvents(await fetch(`${origin}/broken`))) found.broken = 'an event'
  } catch (error) {
    found.broken = (error as EventwireError).code
  }

  const abort = new AbortController()
  const { signal } = abort
  const silent = Array.from({ length: 2 }, () => subscribe(`${origin}/silent`, { signal }))
  const stream = createStream(undefined, { signal })
  abort.abort()
  const ends = await Promise.all([...silent, stream].map(({ closed }) => closed))
  found.aborted = ends.map(({ reason }) => reason)

  const idle = subscribe<{ message: number }>('/events', { lazy: true })
  idle.on('message', () => {})
  await new Promise((resolve) => setTimeout(resolve))
  found.lazy = idle.state.get()
  return found
}

/** Checks that a hub hands out the events of one connection, and says that there are no tabs here. */
async function checkHub(origin: string): Promise<Record<string, unknown>> {
  const hub = createHub<{ message: number }>((topics) => `${origin}/hub?topics=${topics}`, {
    share: 'tabs',
    key: 'ada',
  })
  const topics = ['a', 'b'].map((name) => hub.topics(name))
  const events = await Promise.all(topics.map((topic) => topic.once('message')))
  const found = [...events.map(({ data }) => data), topics[0]!.state.get().share]
  hub.close()
  return { hub: found }
}
