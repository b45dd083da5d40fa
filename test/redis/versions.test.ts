// Each major version of `redis` and `ioredis` that the peer range allows works from connect to close, and leaves nothing open.
import { readFile } from 'node:fs/promises'
import { describe, expect, inject, it } from 'vitest'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { root, start } from '../programs.ts'
import { describeEventLog } from '../server/log/log-contract.ts'
import { A_MINUTE, newKey, versions } from './clients.ts'

const SLOW = { timeout: 60_000 }
const url = inject('redisUrl')
const { peerDependencies, devDependencies } = JSON.parse(await readFile(`${root}package.json`, 'utf8'))

it.each(['redis', 'ioredis'])('%s: the peer range names the major versions that are tested here', (name) => {
  const majors = [...peerDependencies[name].matchAll(/(\d+)\.\d+\.\d+/g)].map((match) => match[1])
  const tested = Object.keys(versions).filter((version) => version.startsWith(`${name} `))
  expect(majors).toEqual(tested.map((version) => version.split(' ')[1]))
  expect(devDependencies[name].split('.')[0]).toBe(majors.at(-1))
})

describe.skipIf(url === undefined).each(Object.entries(versions))('%s', (version, connect) => {
  describeEventLog('keeps the contract', {
    open: ({ maxEvents }) => redisLog({ client: connect(url!), key: newKey(), maxEvents, expireAfter: A_MINUTE }),
  })

  it('publishes, follows, reconnects and closes, and the process ends by itself', SLOW, async () => {
    const program = await start('node', ['test/redis/one-life.ts', 'server', version, url!, 'live'])
    expect(await program.exited()).toBe(0)
    expect(program.output()).toBe('0 first second\nclosed\n')
    expect(program.errors()).toBe('')
  })

  it('leaves nothing open when it is closed before it has connected', SLOW, async () => {
    const program = await start('node', ['test/redis/one-life.ts', 'server', version, url!, 'close'])
    expect(await program.exited()).toBe(0)
    expect(program.output()).toBe('closed\n')
    expect(program.errors()).toBe('')
  })

  it('leaves nothing open when there was no Redis', SLOW, async () => {
    const program = await start('node', ['test/redis/one-life.ts', 'server', version, 'redis://127.0.0.1:1', 'close'])
    expect(await program.exited()).toBe(0)
    expect(program.errors()).toBe('')
  })
})
