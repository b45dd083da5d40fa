// A port that Fetch blocks is not asked again: no attempt would ever get through.
import { expect, it } from 'vitest'
import { subscribe } from '../../src/client/index.ts'

it.each([9, 6667])('closes as fatal for port %i', async (port) => {
  const url = `http://127.0.0.1:${port}/`
  const subscription = subscribe(url)
  subscription.onError(() => {})
  expect(await subscription.closed).toMatchObject({
    reason: 'fatal',
    error: { code: 'network', message: `connection to ${url} failed: bad port`, willRetry: false },
  })
})
