// In every engine the subscription receives, comes back, resumes, closes and obeys the browser's rules for origins.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from './engine.ts'
import { engines } from './engines.ts'
import { ended, respondWith, Site, stream } from './site.ts'

const home = new Site()
const other = new Site()

beforeAll(async () => {
  await home.start()
  await other.start()
})
afterAll(async () => {
  await home.stop()
  await other.stop()
})

/** Subscribes in the page: `subscription`, what it `seen` and its `errors` become globals there. */
const subscribing = (url: string, options = '{}') => `
  const { eventSourceTransport, subscribe } = await import('/src/client/index.ts')
  const { defineEvents, json } = await import('/src/index.ts')
  globalThis.seen = []
  globalThis.errors = []
  globalThis.subscription = subscribe(${JSON.stringify(url)}, { retry: { min: 10, max: 100 }, ...${options} })
  subscription.onError(({ code, status }) => errors.push(status ?? code))
  subscription.on('message', (data) => seen.push(data))
  subscription.on('error', (data) => seen.push('event error ' + data))
`

/** Waits in the page until so many messages have come. */
const messages = (count: number) => `
  while (seen.length < ${count}) await subscription.once('message')
  return seen
`

describe.each(engines)('$name', (engine) => {
  let page: Page

  beforeAll(async () => {
    page = await engine.open()
  })
  afterAll(() => page?.close())
  afterEach(() => page.run('globalThis.subscription?.close()'))

  /** A fresh page. */
  const visit = () => page.goto(`${home.origin}/page?${Math.random()}`)

  it('receives events, whatever their names, from a URL relative to the page', async () => {
    const requests = home.on('/sse', stream('id: é1\ndata: 1\n\nevent: error\ndata: 2\n\ndata: {"three":3}\n\n'))
    await visit()
    const seen = await page.run(`${subscribing('/sse')} ${messages(3)}`)
    expect(seen).toEqual([1, 'event error 2', { three: 3 }])
    expect(requests[0]!.headers.accept).toBe('text/event-stream')
    expect(await page.run('return [subscription.status, subscription.lastEventId, errors]')).toEqual(['open', 'é1', []])
  })

  it('comes back after the end with the id, in UTF-8', async () => {
    const requests = home.on('/sse', ended('id: é1\ndata: 1\n\n'), stream('data: 2\n\n'))
    await visit()
    expect(await page.run(`${subscribing('/sse')} ${messages(2)}`)).toEqual([1, 2])
    const once = Buffer.from(requests[1]!.headers['last-event-id'] as string, 'latin1').toString()
    expect(engine.encodesHeadersTwice ? Buffer.from(once, 'latin1').toString() : once).toBe('é1')
    expect(await page.run('return errors')).toEqual(['stream-ended'])
  })

  it('comes back after the server was restarted', async () => {
    const requests = home.on('/sse', stream('id: 1\ndata: 1\n\n'), stream('id: 2\ndata: 2\n\n'))
    await visit()
    await page.run(`${subscribing('/sse')} ${messages(1)}`)
    await home.stop()
    await page.run(`while (subscription.status !== 'waiting') await new Promise((resolve) => setTimeout(resolve, 5))`)
    await home.start()
    expect(await page.run(messages(2))).toEqual([1, 2])
    expect(requests[1]!.headers['last-event-id']).toBe('1')
  })

  it('waits through the 503 of a deploy', async () => {
    const requests = home.on(
      '/sse',
      ended('id: 1\ndata: 1\n\n'),
      respondWith(503),
      respondWith(502, { 'Retry-After': '0' }),
      stream('data: 2\n\n'),
    )
    await visit()
    expect(await page.run(`${subscribing('/sse')} ${messages(2)}`)).toEqual([1, 2])
    expect(await page.run('return errors')).toEqual(['stream-ended', 503, 502])
    expect(requests[3]!.headers['last-event-id']).toBe('1')
  })

  it('lets the server know at once that it was closed, and delivers nothing more', async () => {
    home.on('/sse', stream('data: 1\n\ndata: 2\n\n'))
    await visit()
    await page.run(`${subscribing('/sse')}
      subscription.on('message', () => subscription.close())
      await subscription.closed`)
    await home.until(() => !home.open.includes('/sse'))
    expect(await page.run('return [seen, errors]')).toEqual([[1], []])
  })

  it('stays away after 204', async () => {
    const requests = home.on('/sse', respondWith(204))
    await visit()
    expect(await page.run(`${subscribing('/sse')} return subscription.closed`)).toEqual({
      reason: 'server',
      end: 'no-content',
    })
    expect(requests).toHaveLength(1)
  })

  it('reports why a response is not a stream', async () => {
    home.on('/sse', respondWith(404))
    await visit()
    const closed = await page.run(`${subscribing('/sse')} return (await subscription.closed).error.message`)
    expect(closed).toBe(`${home.origin}/sse responded with 404; a stream needs 200`)
  })

  describe('and the back button', () => {
    /** @returns whether it is the same page still. */
    const leaveAndReturn = async () => {
      await home.leaveAndReturn(page, () => !home.open.includes('/sse'))
      return page.run('return globalThis.subscription !== undefined')
    }
    /** Waits until an engine that drops pages with open requests has put away the one that was canceled. */
    const settle = async () => {
      if (engine.keepsStreamingPages) return
      await page.run(`
        const url = location.origin + '/sse'
        while (!performance.getEntriesByName(url).length) await new Promise((resolve) => setTimeout(resolve, 5))`)
    }

    it('lets go of a page that is left, and resumes when it is kept', async () => {
      const requests = home.on('/sse', stream('id: 1\ndata: 1\n\n'), stream('id: 2\ndata: 2\n\n'))
      await visit()
      await page.run(`${subscribing('/sse')} ${messages(1)}`)
      expect(await leaveAndReturn()).toBe(engine.keepsStreamingPages)
      if (!engine.keepsStreamingPages) return
      expect(await page.run(messages(2))).toEqual([1, 2])
      expect(requests[1]!.headers['last-event-id']).toBe('1')
      const cut = (await page.run('return errors')).filter(
        (code: string) => code !== 'network' || !engine.cutsBeforePagehide,
      )
      expect(cut).toEqual([])
    })

    it('leaves a page that is paused as it was', async () => {
      const requests = home.on('/sse', stream('id: 1\ndata: 1\n\n'), stream('id: 2\ndata: 2\n\n'))
      await visit()
      await page.run(`${subscribing('/sse')} ${messages(1)}`)
      await page.run('subscription.pause()')
      await settle()
      expect(await leaveAndReturn()).toBe(true)
      expect(await page.run('return subscription.state.get()')).toEqual({ status: 'paused', reason: 'manual' })
      expect(requests).toHaveLength(1)
      await page.run('subscription.resume()')
      expect(await page.run(messages(2))).toEqual([1, 2])
    })
  })

  describe('across origins', () => {
    const allowed = { 'Access-Control-Allow-Origin': '*' }

    it('sends no cookies unless asked', async () => {
      const requests = other.on('/sse', stream('data: 1\n\n', allowed))
      await visit()
      expect(await page.run(`${subscribing(`${other.origin}/sse`)} ${messages(1)}`)).toEqual([1])
      expect(requests[0]!.headers.cookie).toBeUndefined()
      expect(requests[0]!.method).toBe('GET')
    })

    it('sends them with credentials', async () => {
      const withCookies = { 'Access-Control-Allow-Origin': home.origin, 'Access-Control-Allow-Credentials': 'true' }
      const requests = other.on('/sse', stream('data: 1\n\n', withCookies))
      await visit()
      const url = `${other.origin}/sse`
      expect(await page.run(`${subscribing(url, "{ credentials: 'include' }")} ${messages(1)}`)).toEqual([1])
      expect(requests[0]!.headers.cookie).toBe('session=yes')
    })

    it('resumes by header where the preflight allows it', async () => {
      const requests = other.on('/sse', (response, request) => {
        if (request.method === 'OPTIONS') {
          response.writeHead(204, { ...allowed, 'Access-Control-Allow-Headers': 'Last-Event-ID' }).end()
        } else if (request.headers['last-event-id'] === '1') stream('data: 2\n\n', allowed)(response, request)
        else response.writeHead(200, { ...allowed, 'Content-Type': 'text/event-stream' }).end('id: 1\ndata: 1\n\n')
      })
      await visit()
      expect(await page.run(`${subscribing(`${other.origin}/sse`)} ${messages(2)}`)).toEqual([1, 2])
      expect(requests.map(({ method }) => method)).toEqual(['GET', 'OPTIONS', 'GET'])
    })

    it('names the preflight where that is refused', async () => {
      // A path of its own: browsers remember what a preflight has allowed.
      other.on('/refused', (response, request) => {
        if (request.method === 'OPTIONS') response.writeHead(403).end()
        else response.writeHead(200, { ...allowed, 'Content-Type': 'text/event-stream' }).end('id: 1\ndata: 1\n\n')
      })
      await visit()
      const message = await page.run(`${subscribing(`${other.origin}/refused`, '{ retry: { min: 1, maxRetries: 2 } }')}
        return (await subscription.closed).error.message`)
      expect(message).toContain("; if CORS refuses the header Last-Event-ID, allow it or set cursorIn: 'query'")
    })

    it('resumes by query without a preflight', async () => {
      const end = 'id: 1\ndata: 1\n\n'
      const requests = other.on(
        '/sse',
        (response) => response.writeHead(200, { ...allowed, 'Content-Type': 'text/event-stream' }).end(end),
        stream('data: 2\n\n', allowed),
      )
      await visit()
      const url = `${other.origin}/sse`
      expect(await page.run(`${subscribing(url, "{ cursorIn: 'query' }")} ${messages(2)}`)).toEqual([1, 2])
      expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /sse', 'GET /sse?lastEventId=1'])
    })
  })

  describe('over the browser’s own EventSource', () => {
    const options = '{ transport: eventSourceTransport() }'

    it('receives events, whatever their names', async () => {
      home.on('/sse', stream('id: 1\ndata: 1\n\nevent: error\ndata: 2\n\nevent: open\ndata: 3\n\ndata: 4\n\n'))
      await visit()
      const seen = await page.run(`${subscribing('/sse', options)}
        subscription.on('open', (data) => seen.push('event open ' + data))
        ${messages(4)}`)
      expect(seen).toEqual([1, 'event error 2', 'event open 3', 4])
      expect(await page.run('return [subscription.status, errors]')).toEqual(['open', []])
    })

    it('lets it reconnect by itself', async () => {
      const requests = home.on('/sse', ended('retry: 1\nid: 1\ndata: 1\n\n'), stream('data: 2\n\n'))
      await visit()
      expect(await page.run(`${subscribing('/sse', options)} ${messages(2)}`)).toEqual([1, 2])
      expect(requests[1]!.headers['last-event-id']).toBe('1')
      expect(await page.run('return errors')).toEqual(['network'])
    })

    it('makes a new one with the cursor in the query when it has given up', async () => {
      const requests = home.on('/sse', ended('retry: 1\nid: 1\ndata: 1\n\n'), respondWith(503), stream('data: 2\n\n'))
      await visit()
      expect(await page.run(`${subscribing('/sse', options)} ${messages(2)}`)).toEqual([1, 2])
      expect(requests[2]!.url).toBe('/sse?lastEventId=1')
    })

    it('closes it', async () => {
      home.on('/sse', stream('data: 1\n\n'))
      await visit()
      await page.run(`${subscribing('/sse', options)} ${messages(1)}`)
      await page.run('subscription.close()')
      await home.until(() => !home.open.includes('/sse'))
    })
  })

  it('works in a worker and in a service worker', async () => {
    home.on('/worker.js', (response) => {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(`
        import { subscribe } from '/src/client/index.ts'
        const send = async (port) => {
          const subscription = subscribe('/sse')
          const { data } = await subscription.once('message')
          subscription.close()
          port.postMessage(data)
        }
        addEventListener('message', (event) => {
          const done = send(event.source ?? self)
          event.waitUntil?.(done)
        })
      `)
    })
    home.on('/sse', stream('data: "from the stream"\n\n'))
    await visit()
    const replies = await page.run(`
      const reply = (from) => new Promise((resolve) => from.addEventListener('message', ({ data }) => resolve(data)))
      const worker = new Worker('/worker.js', { type: 'module' })
      worker.postMessage('go')
      const first = await reply(worker)
      worker.terminate()
      const registration = await navigator.serviceWorker.register('/worker.js', { type: 'module' })
      const service = registration.installing ?? registration.waiting ?? registration.active
      while (service.state !== 'activated') await new Promise((resolve) => service.onstatechange = resolve)
      navigator.serviceWorker.startMessages()
      service.postMessage('go')
      const second = await reply(navigator.serviceWorker)
      await registration.unregister()
      return [first, second]
    `)
    expect(replies).toEqual(['from the stream', 'from the stream'])
  })
})
