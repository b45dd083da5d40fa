import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { freePort } from '../../free-port.ts'
import { spawnNginx } from '../../nginx.ts'
import { cert, key } from '../../node/certificate.ts'

/** Places of one proxy, each with a port and a configuration of its own. */
export type Sites = Record<string, Site>

export interface Site {
  /** Lines for the place that passes requests on. */
  readonly settings: string
  /** Lines for the server around it. */
  readonly server?: string
  /** With TLS; the value is what `listen` gets besides the port. */
  readonly tls?: string
}

/** A running proxy, with one process for all its sites. */
export interface RunningProxy {
  url(site: string, path?: string): string
  stop(): Promise<void>
}

/** The certificate of the sites with TLS, in a file that Node takes as `NODE_EXTRA_CA_CERTS`. */
export const authority: string = join(mkdtempSync(join(tmpdir(), 'authority-')), 'ca.pem')
writeFileSync(authority, cert)
afterAll(() => rmSync(dirname(authority), { recursive: true, force: true }))

/** CI has to have both; a developer need not. */
export function isMissing(program: 'nginx' | 'caddy'): boolean {
  return !process.env.CI && spawnSync(program, [program === 'nginx' ? '-v' : 'version']).error !== undefined
}

export async function startNginx(sites: Sites, backend: number, other: number): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-nginx-'))
  const first = await freePort(Object.keys(sites).length)
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  const servers = Object.entries(sites).map(([name, { settings, server = '', tls }], index) => {
    const secure = tls === undefined ? '' : `ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;`
    return `server {
      listen 127.0.0.1:${first + index} ${tls ?? ''}; ${secure} ${server}
      location / { proxy_pass http://127.0.0.1:${backend}; proxy_set_header X-Site ${name}; ${settings} }
    }`
  })
  const http = `proxy_cache_path ${folder}/cache keys_zone=streams:1m;\n${servers.join('\n')}`
    .replaceAll('{other backend}', `${other}`)
    .replace(/\{port of (\w+)\}/g, (_, name) => `${first + Object.keys(sites).indexOf(name)}`)
  return running(spawnNginx(folder, http), folder, first, sites)
}

export async function startCaddy(sites: Sites, backend: number): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-caddy-'))
  const first = await freePort(Object.keys(sites).length)
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  const servers = Object.entries(sites).map(([name, { settings, server = '', tls }], index) => {
    const secure = tls === undefined ? '' : `tls ${folder}/cert.pem ${folder}/key.pem`
    return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${first + index} {
      ${secure}
      ${server}
      reverse_proxy 127.0.0.1:${backend} {
        header_up X-Site ${name}
        ${settings}
      }
    }`
  })
  const config = join(folder, 'Caddyfile')
  writeFileSync(config, `{\n admin off\n auto_https off\n}\n${servers.join('\n')}\n`)
  const env = { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder }
  const args = ['run', '--config', config, '--adapter', 'caddyfile']
  return running(spawn('caddy', args, { env, stdio: 'pipe' }), folder, first, sites)
}

async function running(child: ChildProcess, folder: string, first: number, sites: Sites): Promise<RunningProxy> {
  let errors = ''
  child.stderr!.on('data', (text) => {
    errors += text
  })
  child.stdout!.resume()
  const exited = once(child, 'exit')
  const names = Object.keys(sites)
  await accepting(first + names.length - 1, child, () => errors)
  return {
    url(site, path = '/events') {
      const index = names.indexOf(site)
      return `${sites[site]!.tls === undefined ? 'http' : 'https'}://127.0.0.1:${first + index}${path}`
    },
    async stop() {
      child.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const MOST_TRIES = 500

/** Resolves once the port takes connections. */
async function accepting(port: number, child: ChildProcess, errors: () => string): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (child.exitCode !== null) break
    const socket = connect(port, '127.0.0.1')
    const [event] = await Promise.race([
      once(socket, 'connect').then(() => ['connect']),
      once(socket, 'error').then(() => ['error']),
    ]).catch(() => ['error'])
    socket.destroy()
    if (event === 'connect') return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`the proxy does not start:\n${errors()}`)
}
