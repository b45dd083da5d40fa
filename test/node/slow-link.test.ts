// On a link of 100 kB/s the newest value that a page has is at most a second old, in real network namespaces with a real queue.
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { NODE } from '../runtimes/engines.ts'

interface Ages {
  readonly median: number
  readonly max: number
  readonly rate: number
}

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))
const inNamespace = ['--map-root-user', '--net', 'sh']
const LINK =
  'ip link add name vetha type veth peer name vethb && tc qdisc add dev vetha root tbf rate 800kbit burst 4kb latency 1s'
const isPossible = spawnSync('unshare', [...inNamespace, '-c', `${LINK} && command -v nsenter ss`]).status === 0
if (!isPossible)
  console.warn('the slow link is left out: it needs unshare, ip, tc, ss and nsenter, and the right to use them')

async function agesOf(symbols: number, every: string, maxLag: string, encoding: string): Promise<Ages> {
  const args = [`${here}slow-link.sh`, NODE, here, `${symbols}`, every, maxLag, encoding]
  const { stdout } = await run('unshare', [...inNamespace, ...args], { timeout: 30_000 })
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

describe.skipIf(!isPossible && process.env.CI !== 'true')('on a link of 100 kB/s', () => {
  it('1,000 symbols that change 20 times a second are at most 1 s old with every: 250 and gzip', async () => {
    const { max, rate } = await agesOf(1_000, '250', '-', 'gzip')
    expect(max).toBeLessThan(1_000)
    expect(rate).toBeLessThan(80)
  }, 40_000)

  it('what fills the link is older, because kernels hold bytes; with maxLag it is at most 1 s old', async () => {
    const unbounded = await agesOf(400, '250', '-', 'identity')
    const bounded = await agesOf(400, '250', '500', 'identity')
    expect(unbounded.max).toBeGreaterThan(1_000)
    expect(bounded.max).toBeLessThan(1_000)
  }, 60_000)
})
