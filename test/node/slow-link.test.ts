// How old the newest value of a page is on a link of 100 kB/s: real network namespaces with a real queue, or a relay on loopback.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { NODE } from '../runtimes/engines.ts'

/** Milliseconds, and bytes in each: of all the time, and of that in which the machine ran both ends. */
interface Ages {
  readonly median: number
  readonly max: number
  readonly rate: number
  readonly promptRate: number
}

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))
const inNamespace = ['--map-root-user', '--net', 'sh']
const LINK =
  'ip link add name vetha type veth peer name vethb && tc qdisc add dev vetha root tbf rate 800kbit burst 4kb latency 4s'
const hasNamespaces = spawnSync('unshare', [...inNamespace, '-c', `${LINK} && command -v nsenter ss`]).status === 0
/** `SLOW_LINK=relay` takes the second way where both are possible. */
const way = hasNamespaces && process.env.SLOW_LINK !== 'relay' ? 'namespaces' : 'relay'

function agesOf(symbols: number, every: string, maxLag: string, encoding: string): Promise<Ages> {
  const reader = [`${symbols}`, every, maxLag, encoding]
  return way === 'namespaces' ? agesInNamespaces(reader) : agesBehindRelay(reader)
}

async function agesInNamespaces(reader: readonly string[]): Promise<Ages> {
  const args = [...inNamespace, `${here}slow-link.sh`, NODE, here, ...reader]
  const { stdout } = await run('unshare', args, { timeout: 60_000 })
  return lastLine(stdout)
}

async function agesBehindRelay(reader: readonly string[]): Promise<Ages> {
  const server = spawn(NODE, [`${here}slow-link-server.ts`, '127.0.0.1', '0', ...reader], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = await once(server.stdout, 'data')
    const args = [`${here}slow-link-client.ts`, '127.0.0.1', `${line}`.trim(), reader.at(-1)!, 'relay']
    const { stdout } = await run(NODE, args, { timeout: 60_000 })
    return lastLine(stdout)
  } finally {
    server.kill('SIGKILL')
  }
}

function lastLine(text: string): Ages {
  return JSON.parse(text.trim().split('\n').at(-1)!)
}

describe(`on a link of 100 kB/s, by ${way}`, { timeout: 90_000 }, () => {
  beforeAll(() => {
    const why = hasNamespaces ? '' : ': unshare, ip, tc, ss or nsenter is missing, or the right to use them'
    console.log(`the slow link is made by ${way}${why}`)
  })

  it('1,000 symbols that change 20 times a second are at most 1 s old with every: 250 and gzip', async () => {
    const { max, rate } = await agesOf(1_000, '250', '-', 'gzip')
    expect(max).toBeLessThan(1_000)
    expect(rate).toBeLessThan(80)
  })

  it('where one write alone takes a second, maxLag bounds the age to that write and the one before', async () => {
    const { max, promptRate } = await agesOf(1_000, '250', '500', 'identity')
    expect(max).toBeLessThan(2_200)
    // The link is nearly full: less is not possible without sending less.
    expect(promptRate).toBeGreaterThan(60)
  })

  it('what fills the link is older, because kernels hold bytes; with maxLag it is at most 1 s old', async () => {
    const [unbounded, bounded] = await Promise.all([
      agesOf(400, '100', '-', 'identity'),
      agesOf(400, '100', '500', 'identity'),
    ])
    expect(unbounded.max).toBeGreaterThan(1_000)
    expect(bounded.max).toBeLessThan(1_000)
  })
})
