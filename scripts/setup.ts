/**
 * Installs from Debian what the whole test bench uses and this machine does not have yet: `npm run setup`. Needs root or sudo.
 * A local test run skips the tests whose tools are missing, with a notice.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Packages, the program that shows that one is there, and what it is for. */
const PACKAGES: readonly (readonly [name: string, program: string, purpose: string])[] = [
  ['redis-server', 'redis-server', 'the log over Redis'],
  ['chromium', 'chromium', 'browser tests'],
  ['firefox-esr', 'firefox-esr', 'browser tests'],
  ['webkit2gtk-driver', 'WebKitWebDriver', 'browser tests'],
  ['xvfb', 'Xvfb', 'a screen for WebKit'],
  ['python3-venv', 'python3', 'clients in Python'],
  ['curl', 'curl', 'a client of its own'],
  ['nginx', 'nginx', 'tests behind a proxy'],
  ['caddy', 'caddy', 'tests behind a proxy'],
]

const missing = PACKAGES.filter(([name, program, purpose]) => {
  const path = find(program)
  console.log(path === undefined ? `${name}: missing (${purpose})` : `${name}: ${path}`)
  return path === undefined
}).map(([name]) => name)

if (missing.length === 0) {
  console.log('Nothing to install.')
} else {
  const [command, ...before] = asRoot()
  run(command!, [...before, 'apt-get', 'update', '-q'])
  run(command!, [...before, 'apt-get', 'install', '-y', '-q', '--no-install-recommends', ...missing])
  console.log(`Installed: ${missing.join(', ')}.`)
}

function find(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

function asRoot(): string[] {
  if (find('apt-get') === undefined) fail(`There is no apt-get here; install by hand: ${missing.join(', ')}.`)
  if (process.getuid?.() === 0) return ['env', 'DEBIAN_FRONTEND=noninteractive']
  if (find('sudo') !== undefined) return ['sudo', 'env', 'DEBIAN_FRONTEND=noninteractive']
  return fail(`Installing needs root or sudo; as root: apt-get install ${missing.join(' ')}`)
}

function run(command: string, words: readonly string[]): void {
  console.log(`$ ${[command, ...words].join(' ')}`)
  const { status } = spawnSync(command, words, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) fail(`That failed with status ${status}.`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
