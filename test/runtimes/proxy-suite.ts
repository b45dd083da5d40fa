import assert from 'node:assert/strict'
import type { ReverseProxy } from './proxies.ts'
import { type Check, checks, closing, open, openCompressed, pause } from './suite.ts'

const shared = [
  'head and first bytes at once',
  'events as they are sent',
  'a client that leaves is noticed',
  'a client that leaves an idle stream is noticed',
  'heartbeats, and nothing else, while nothing is sent',
  'final: the terminal id, and a 204 for whoever brings it',
  '5 MB in one event',
  'compressed events as they are sent',
  '5 MB in one compressed event',
]

const compresses = (engine: object): boolean => (engine as ReverseProxy).compresses
const hasTimeout = (engine: object): boolean => (engine as ReverseProxy).settings.includes('read_timeout')

/** Checks that must pass behind a proxy. */
export const proxyChecks: readonly Check[] = [
  ...shared.map((name) => checks.find((check) => check.name === name)!),
  {
    name: 'events as they are sent to a client that takes gzip',
    on: compresses,
    async run(target) {
      const reader = await openCompressed(target, '/ticks?name=compressed')
      // Caddy compresses event streams only when configured to.
      const { proxy } = target.engine as ReverseProxy
      assert.equal(reader.encoding, proxy === 'nginx' ? 'gzip' : undefined)
      for (let count = 1; count <= 4; count++) {
        for (let waited = 0; !reader.text.includes(`data: ${count}\n\n`) && waited < 5_000; waited += 10)
          await pause(10)
        assert.match(reader.text, new RegExp(`data: ${count}\n\n`))
        assert.ok(!reader.text.includes(`data: ${count + 3}\n`), 'three events arrived late')
      }
      reader.disconnect()
      assert.equal((await closing(target, 'compressed')).reason, 'client')
    },
  },
  {
    name: 'the heartbeat keeps an idle stream open past the timeout of the proxy',
    on: hasTimeout,
    async run(target) {
      const { client } = await open(target, '/idle?heartbeat=1000')
      await pause(6_000)
      assert.equal(client.ended, false)
      client.disconnect()
    },
  },
  {
    name: 'without a heartbeat the proxy closes it, and the server notices',
    on: hasTimeout,
    async run(target) {
      const { client, name } = await open(target, '/idle?heartbeat=false')
      await client.end()
      assert.equal((await closing(target, name)).reason, 'client')
    },
  },
]
