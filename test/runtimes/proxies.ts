import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { spawnNginx } from '../nginx.ts'
import { answering, type Engine, engines, type RunningEngine, start } from './engines.ts'

/** A proxy as Debian installs it, in front of node:http. */
export interface ReverseProxy extends Engine {
  readonly proxy: 'nginx' | 'caddy'
  readonly compresses: boolean
  /** Lines for the place that passes requests on. */
  readonly settings: string
}

const upstream = engines.find(({ name }) => name === 'Node 24, node:http')!

function proxy(kind: 'nginx' | 'caddy', what: string, compresses: boolean, settings = ''): ReverseProxy {
  const { runtime, host, command } = upstream
  return { name: `${kind}, ${what}`, proxy: kind, runtime, host, command, compresses, settings }
}

export const proxies: readonly ReverseProxy[] = [
  proxy('nginx', 'default settings', false),
  proxy('nginx', 'gzip on', true, 'gzip on; gzip_proxied any; gzip_types text/event-stream; gzip_min_length 0;'),
  proxy('nginx', 'closing after 2 s of silence', false, 'proxy_read_timeout 2s;'),
  proxy('caddy', 'default settings', false),
  proxy('caddy', 'encode gzip', true, 'encode gzip'),
]

/** An nginx that collects responses whatever they say. It sends its first byte once it has 4 KiB. */
export const holding: ReverseProxy = proxy(
  'nginx',
  'holding streams back',
  false,
  'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;',
)

export function isInstalled({ proxy }: ReverseProxy): boolean {
  return spawnSync(proxy, [proxy === 'nginx' ? '-v' : 'version']).error === undefined
}

/** Starts the server and the proxy before it. */
export async function startBehind(engine: ReverseProxy): Promise<RunningEngine> {
  const server = await start(upstream)
  const { port, stop } = await startProxy(engine, server.port)
  return {
    ...server,
    port,
    async stop() {
      await stop()
      await server.stop()
    },
  }
}

/** Starts a proxy before the server at a port, which has to respond at `/reports`. */
export async function startProxy(engine: ReverseProxy, to: number): Promise<{ port: number; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'proxy-'))
  const port = await freePort()
  const child = engine.proxy === 'nginx' ? nginx(engine, folder, port, to) : caddy(engine, folder, port, to)
  let errors = ''
  child.stderr!.on('data', (text) => {
    errors += text
  })
  child.stdout!.resume()
  const exited = once(child, 'exit')
  await answering(port, child, () => errors)
  return {
    port,
    async stop() {
      child.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function nginx({ settings }: ReverseProxy, folder: string, port: number, to: number): ChildProcess {
  return spawnNginx(
    folder,
    `server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${to}; ${settings} }
  }`,
  )
}

function caddy({ settings }: ReverseProxy, folder: string, port: number, to: number): ChildProcess {
  const path = join(folder, 'Caddyfile')
  writeFileSync(
    path,
    `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  ${settings}
  reverse_proxy 127.0.0.1:${to}
}
`,
  )
  const env = { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder }
  return spawn('caddy', ['run', '--config', path, '--adapter', 'caddyfile'], { env, stdio: 'pipe' })
}
