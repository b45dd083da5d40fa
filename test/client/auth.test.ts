// The caller's headers are renewed for every attempt, and never reach an origin that they were not meant for.
import { describe, expect, it } from 'vitest'
import { errorsOf, nextError, quick, subscribed } from './collect.ts'
import { ended, type Handler, rawServer, respondWith, stream } from './raw-server.ts'

const redirect =
  (status: number, to: string): Handler =>
  (response) =>
    response.writeHead(status, { Location: to, Connection: 'close' }).end('moved')

describe('headers', () => {
  it('are asked for before every attempt, with its number and cursor', async () => {
    const server = await rawServer(ended('id: 4\ndata: 1\n\n'), stream())
    const contexts: unknown[] = []
    const subscription = subscribed(server.url, {
      ...quick,
      headers: async ({ attempt, lastEventId }) => {
        contexts.push([attempt, lastEventId])
        return { Authorization: `Bearer ${contexts.length}` }
      },
    })
    await server.request(2)
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer 1', 'Bearer 2'])
    expect(contexts).toEqual([
      [1, ''],
      [2, '4'],
    ])
    subscription.close()
  })

  it('can widen what is accepted, as servers of MCP demand', async () => {
    const server = await rawServer(stream())
    await subscribed(server.url, { headers: { Accept: 'application/json, text/event-stream' } }).opened
    expect(server.requests[0]!.headers.accept).toBe('application/json, text/event-stream')
  })

  it('are not asked for once the attempt is given up', async () => {
    const server = await rawServer(stream())
    let asked = 0
    let answerUrl!: (url: string) => void
    const subscription = subscribed(() => new Promise<string>((resolve) => (answerUrl = resolve)), {
      headers: () => {
        asked++
        return {}
      },
    })
    await Promise.resolve()
    await Promise.resolve()
    await Promise.resolve()
    subscription.close()
    answerUrl(server.url)
    await subscribed(server.url).opened
    expect(asked).toBe(0)
    expect(server.requests).toHaveLength(1)
  })
})

describe('401', () => {
  it('calls onUnauthorized once and repeats the request with new headers', async () => {
    const server = await rawServer(respondWith(401, 'expired'), stream('data: 1\n\n'))
    let token = 'old'
    const refused: unknown[] = []
    const subscription = subscribed(server.url, {
      headers: () => ({ Authorization: token }),
      onUnauthorized: async (error) => {
        refused.push([error.status, error.body])
        token = 'new'
      },
    })
    const errors = errorsOf(subscription)
    await subscription.once('message')
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['old', 'new'])
    expect(refused).toEqual([[401, 'expired']])
    expect(errors).toEqual([])
  })

  it('is fatal the second time in a row', async () => {
    const server = await rawServer(respondWith(401))
    let calls = 0
    const subscription = subscribed(server.url, {
      onUnauthorized: () => {
        calls++
      },
    })
    const error = await nextError(subscription)
    expect(error).toMatchObject({ status: 401, willRetry: false })
    expect(error.message).toBe(`${server.url} responded with 401; a stream needs 200`)
    expect([calls, server.requests.length]).toEqual([1, 2])
  })

  it('is answered anew by the next attempt that meets it', async () => {
    const server = await rawServer(respondWith(401), ended('data: 1\n\n'), respondWith(401), stream('data: 2\n\n'))
    let calls = 0
    const subscription = subscribed(server.url, {
      ...quick,
      onUnauthorized: () => {
        calls++
      },
    })
    for await (const { data } of subscription) if (data === 2) break
    expect(calls).toBe(2)
  })

  it('is fatal at once when onUnauthorized says so or is missing, and its failure is reported', async () => {
    const server = await rawServer(respondWith(401))
    expect(await nextError(subscribed(server.url))).toMatchObject({ status: 401 })
    expect(await nextError(subscribed(server.url, { onUnauthorized: () => false }))).toMatchObject({ status: 401 })
    expect(server.requests).toHaveLength(2)
    const failing = subscribed(server.url, { onUnauthorized: () => Promise.reject(new Error('offline')) })
    const error = await nextError(failing)
    expect(error).toMatchObject({ code: 'callback-failed', willRetry: true })
    expect(error.message).toBe('`onUnauthorized` failed: offline')
  })
})

describe('redirects', () => {
  it('keep the caller’s headers on the same origin', async () => {
    const server = await rawServer(redirect(302, '/elsewhere'), stream('data: 1\n\n'))
    const subscription = subscribed(server.url, { headers: { Authorization: 'secret' } })
    await subscription.once('message')
    expect(server.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/events', 'secret'],
      ['/elsewhere', 'secret'],
    ])
    expect(subscription.state.get()).toMatchObject({ status: 'open', url: `${server.origin}/elsewhere` })
  })

  it.each([301, 302, 303, 307, 308])('take them off on the way to another origin (%i), and back', async (status) => {
    const home = await rawServer((response, request) => {
      if (request.url === '/events') redirect(status, `${other.origin}/there`)(response, request)
      else stream('data: 1\n\n')(response, request)
    })
    const other = await rawServer((response, request) => redirect(302, `${home.origin}/back`)(response, request))
    const subscription = subscribed(home.url, {
      headers: { Authorization: 'secret', 'X-Api-Key': 'secret', Cookie: 'secret' },
      lastEventId: '5',
    })
    await subscription.once('message')
    const seen = [...other.requests, home.requests[1]!].map(({ url, headers }) => ({ url, headers }))
    for (const { headers } of seen) {
      expect(JSON.stringify(headers)).not.toContain('secret')
      expect(headers['last-event-id']).toBe('5')
      expect(headers.accept).toBe('text/event-stream')
    }
    expect(seen.map(({ url }) => url)).toEqual(['/there', '/back'])
    expect(home.requests[0]!.headers['x-api-key']).toBe('secret')
  })

  it('count another port and another name of the host as another origin', async () => {
    const server = await rawServer(
      (response, request) => redirect(307, `http://localhost:${request.socket.localPort}/`)(response, request),
      stream('data: 1\n\n'),
    )
    const subscription = subscribed(server.url, { headers: { Authorization: 'secret' } })
    await subscription.once('message')
    expect(server.requests[1]!.headers.authorization).toBeUndefined()
  })

  it.each([
    [301, 'GET', ''],
    [302, 'GET', ''],
    [303, 'GET', ''],
    [307, 'POST', 'question'],
    [308, 'POST', 'question'],
  ])('turn a POST as Fetch does (%i)', async (status, method, body) => {
    const bodies: string[] = []
    const server = await rawServer((response, request) => {
      let text = ''
      request.on('data', (part) => (text += part))
      request.on('end', () => {
        bodies.push(text)
        if (request.url === '/events') redirect(status, '/answer')(response, request)
        else stream('data: 1\n\n')(response, request)
      })
    })
    await subscribed(server.url, { method: 'POST', body: 'question' }).once('message')
    expect(server.requests[1]!.method).toBe(method)
    expect(bodies).toEqual(['question', body])
  })

  it('are followed twenty times and no further', async () => {
    const server = await rawServer(redirect(302, '/events'))
    const error = await nextError(subscribed(server.url))
    expect(error).toMatchObject({ code: 'redirect-failed', status: 302, willRetry: false })
    expect(error.message).toBe(`redirect from ${server.url} cannot be followed: ${server.url}`)
    expect(server.requests).toHaveLength(21)
  })

  it.each([
    ['without a target', {}, 'null'],
    ['that lead off the web', { Location: 'ftp://127.0.0.1/' }, 'ftp://127.0.0.1/'],
    ['that lead nowhere', { Location: 'http://[' }, 'http://['],
  ])('%s are fatal', async (_, headers, target) => {
    const server = await rawServer((response) => response.writeHead(302, headers).end())
    const error = await nextError(subscribed(server.url))
    expect(error.code).toBe('redirect-failed')
    expect(error.message).toBe(`redirect from ${server.url} cannot be followed: ${target}`)
  })

  it('leave no connection behind', async () => {
    const server = await rawServer(
      redirect(302, '/elsewhere'),
      respondWith(404, 'x'.repeat(200_000), { Connection: 'close' }),
    )
    await nextError(subscribed(server.url))
    await server.idle()
  })
})

it('frees the connection of a response that is not a stream', async () => {
  const endless: Handler = (response) => {
    response.writeHead(500, { 'Content-Type': 'text/plain' })
    const write = () => {
      while (response.write('x'.repeat(65_536)));
    }
    response.on('drain', write)
    write()
  }
  const server = await rawServer(endless)
  const subscription = subscribed(server.url)
  expect(await nextError(subscription)).toMatchObject({ status: 500, body: 'x'.repeat(65_536) })
  await server.idle()
  expect(subscription.status).toBe('waiting')
})
