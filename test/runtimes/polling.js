// Polls a channel whose streams are held back, both ends in this engine: a snapshot, events as they are published, and the end.

import { subscribe } from '../../dist/client/index.js'
import { poll } from '../../dist/client/poll/index.js'
import { createChannel } from '../../dist/server/index.js'
import { pages } from '../../dist/server/pages/index.js'

export async function pollChannel() {
  const channel = createChannel({ poll: pages() })
  const snapshot = (stream) => stream.send('message', 'snapshot')
  const held = (signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
  const subscription = subscribe('http://localhost/events', {
    retry: { min: 1, max: 100 },
    fallback: poll({ timeout: 10 }),
    fetch: (url, { method, headers, signal }) =>
      url.includes('offset') ? channel.response(new Request(url, { method, headers }), { snapshot }) : held(signal),
  })
  const seen = []
  subscription.on('message', (text) => {
    seen.push(text)
    if (seen.length < 4) channel.publish('message', `event ${seen.length}`)
    else channel.close({ final: true })
  })
  const { end } = await subscription.closed
  return [...seen, end]
}
