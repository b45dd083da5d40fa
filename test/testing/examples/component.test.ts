// @vitest-environment happy-dom
// A component that reads a stream and posts: the stream is the test's, and every other request goes to the mock that was there.
import { subscribe } from 'eventwire/client'
import { createTestServer } from 'eventwire/testing'
import { act, createElement, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { afterEach, expect, it, vi } from 'vitest'

interface ChatEvents {
  token: string
}

function Chat() {
  const [text, setText] = useState('')
  useEffect(() => {
    const subscription = subscribe<ChatEvents>('/events')
    subscription.on('token', (token) => setText((before) => before + token))
    return () => subscription.close()
  }, [])
  const ask = () => void fetch('/ask', { method: 'POST', body: 'why?' })
  return createElement('button', { type: 'button', onClick: ask }, text || 'Ask')
}

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true }) // Testing Library does this for you
afterEach(() => void vi.unstubAllGlobals())

it('posts the question, and shows the tokens as they arrive', async () => {
  const posted = vi.fn(async () => new Response(null, { status: 204 }))
  vi.stubGlobal('fetch', posted)
  const server = createTestServer<ChatEvents>({ url: '/events' })
  vi.stubGlobal('fetch', server.fetch)
  const page = document.body.appendChild(document.createElement('div'))
  const root = createRoot(page)

  await act(async () => root.render(createElement(Chat)))
  const connection = await server.connection()
  await act(async () => page.querySelector('button')!.click())
  expect(posted).toHaveBeenCalledWith('/ask', { method: 'POST', body: 'why?' })

  connection.send('token', 'be')
  connection.send('token', 'cause')
  await vi.waitFor(async () => {
    await act(async () => {}) // renders what has arrived by now
    expect(page.textContent).toBe('because')
  })

  await act(async () => root.unmount())
  expect(await connection.closed).toBe('client')
})
