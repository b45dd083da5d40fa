// Installs the engines of test/runtimes and the frameworks of examples/hosts, when they are missing or others are asked for.
import { existsSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installFromLock } from './install-from-lock.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

installFromLock('test/runtimes', 'Node 20 and 26, Deno and workerd')
installFromLock('examples/hosts', 'web frameworks')
installFromLock('examples/hosts/next', 'Next')
if (!existsSync(`${root}examples/hosts/node_modules/eventwire`)) {
  symlinkSync('../../..', `${root}examples/hosts/node_modules/eventwire`)
}
