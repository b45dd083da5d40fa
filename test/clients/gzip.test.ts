// A compressed channel in clients outside of browsers, and behind proxies: each event is visible before the next one, byte for byte.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createParser } from '../../src/index.ts'
import { listen } from '../node/listen.ts'
import { BUN, DENO, NODE } from '../runtimes/engines.ts'
import { isInstalled as isProxyInstalled, proxies, startProxy } from '../runtimes/proxies.ts'
import { Lockstep } from '../server/gzip/lockstep.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const python = here('.venv/bin/python')

const CLIENTS: Record<string, readonly [program: string, ...args: string[]]> = {
  'fetch of Node': [NODE, here('decode.js')],
  'fetch of Bun': [BUN, here('decode.js')],
  'fetch of Deno': [DENO, 'run', '--no-config', '-A', here('decode.js')],
  curl: ['curl', '--silent', '--show-error', '--no-buffer', '--compressed'],
  requests: [python, here('decode.py'), 'requests'],
  httpx: [python, here('decode.py'), 'httpx'],
}

const isInstalled = (program: string) => existsSync(program) || spawnSync(program, ['--version']).error === undefined

/** Reads the events that a client writes to its stdout, and confirms each. */
function follow(client: ChildProcess, server: Lockstep, name: string): string[] {
  const payloads: string[] = []
  const parser = createParser({
    onMessage: ({ type, data }) => {
      if (type !== 'price') return
      payloads.push(data)
      server.seen(name, JSON.parse(data).n)
    },
  })
  client.stdout!.on('data', (chunk) => parser.feed(chunk))
  return payloads
}

/** Three clients join while a channel broadcasts; `through` gives the port to which they connect. */
async function broadcast(program: string, args: readonly string[], through = (port: number) => Promise.resolve(port)) {
  const server = new Lockstep()
  const respond = createServer((request, response) => {
    if (request.url === '/reports') response.end()
    else server.handle(request, response)
  })
  const url = `http://127.0.0.1:${await through(await listen(respond))}`
  const clients: { name: string; payloads: string[]; exited: Promise<unknown[]> }[] = []
  for (const name of ['a', 'b', 'c']) {
    const client = spawn(program, [...args, `${url}/?name=${name}`], { stdio: ['ignore', 'pipe', 'inherit'] })
    clients.push({ name, payloads: follow(client, server, name), exited: once(client, 'exit') })
    await server.until(clients.length)
    await server.publishTo(clients.length * 70)
  }
  await server.end()
  expect(server.encodings).toEqual(['gzip', 'gzip', 'gzip'])
  for (const { name, payloads, exited } of clients) {
    // A wrong checksum or length at the end would be an error of the client.
    expect(await exited).toEqual([0, null])
    expect(payloads).toEqual(server.expected(name))
  }
}

it.each(Object.entries(CLIENTS))('%s', async (_, [program, ...args]) => {
  if (isInstalled(program)) await broadcast(program, args)
  else expect(process.env.CI, `${program} is not installed`).toBeUndefined()
})

describe.each(proxies.filter(({ settings }) => !settings.includes('timeout')))('behind $name', (proxy) => {
  it.each(['fetch of Node', 'curl'])('%s', async (name) => {
    const [program, ...args] = CLIENTS[name]!
    if (isInstalled(program) && isProxyInstalled(proxy)) {
      await broadcast(program, args, async (to) => {
        const { port, stop } = await startProxy(proxy, to)
        onTestFinished(stop)
        return port
      })
    } else expect(process.env.CI, `${program} or ${proxy.proxy} is not installed`).toBeUndefined()
  })
})
