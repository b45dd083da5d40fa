// In a Durable Object of workerd the log keeps its contract over ctx.storage.sql, and outlives the object.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../../free-port.ts'
import { type Running, root, start } from '../../../programs.ts'
import { Folder } from './databases.ts'

const workerd = `${root}test/runtimes/node_modules/@cloudflare/workerd-linux-64/bin/workerd`
if (!existsSync(workerd) && process.env.CI) throw new Error('There is no workerd: npm test installs it.')

describe.skipIf(!existsSync(workerd))('a Durable Object', () => {
  let folder: Folder
  let port: number
  let running: Running | undefined

  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).json()
  const serve = async () => {
    running = await start(workerd, ['serve', '--verbose', join(folder.path, 'config.capnp')])
    await expect.poll(() => ask('/kept').catch(() => undefined)).toBeDefined()
  }

  beforeEach(async () => {
    folder = new Folder()
    port = await freePort()
    mkdirSync(join(folder.path, 'objects'))
    await build({
      entryPoints: [new URL('durable-object.ts', import.meta.url).pathname],
      outfile: join(folder.path, 'worker.js'),
      bundle: true,
      format: 'esm',
      logLevel: 'error',
    })
    writeFileSync(
      join(folder.path, 'config.capnp'),
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "2026-11-01",
      durableObjectNamespaces = [(className = "Logs", uniqueKey = "logs", enableSql = true)],
      durableObjectStorage = (localDisk = "objects"),
      bindings = [(name = "LOGS", durableObjectNamespace = "Logs")],
    )),
    (name = "objects", disk = (path = ${JSON.stringify(join(folder.path, 'objects'))}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
    )
  })
  afterEach(async () => {
    await running?.stop('SIGKILL')
    folder.remove()
  })

  it('keeps the contract', async () => {
    await serve()
    const { passed, failures } = (await ask('/contract')) as { passed: number; failures: string[] }
    expect(failures).toEqual([])
    expect(passed).toBeGreaterThan(30)
  })

  it('goes on in its epoch after the machine that it was on has gone', async () => {
    await serve()
    const [[, first]] = (await ask('/append')) as [[string, string]]
    await running!.stop('SIGKILL')
    await serve()
    const entries = (await ask('/append')) as [string, string][]
    expect(entries.map(([data]) => data)).toEqual([expect.stringMatching(/^behind .*\.0$/), `behind ${first}`])
  })

  it('has runs that outlive the request that started them, and are lost with its machine', async () => {
    await serve()
    const call = async (method: string, id: string) =>
      (await fetch(`http://127.0.0.1:${port}/runs/${id}`, { method, signal: AbortSignal.timeout(20_000) })).text()
    expect([await call('POST', '1'), await call('POST', '1')]).toEqual(['{"started":true}', '{"started":false}'])
    const reading = call('GET', '1')
    expect(await call('DELETE', '1')).toBe('{"stopping":true}')
    expect(await reading).toContain('{"how":"stopped"}')
    await call('POST', '2')
    await running!.stop('SIGKILL')
    await serve()
    expect(await call('GET', '2')).toMatch(/data: 1\n[\s\S]*\{"how":"lost"\}/)
  })
})
