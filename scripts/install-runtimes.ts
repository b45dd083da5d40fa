// Installs the engines of test/runtimes and the frameworks of examples/hosts, when they are missing or others are asked for.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))

install('test/runtimes', 'Node 20 and 26, Deno and workerd')
install('examples/hosts', 'web frameworks')
install('examples/hosts/next', 'Next')
if (!existsSync(`${root}examples/hosts/node_modules/eventwire`)) {
  symlinkSync('../../..', `${root}examples/hosts/node_modules/eventwire`)
}

function install(folder: string, what: string): void {
  const lock = readFileSync(`${root}${folder}/package-lock.json`, 'utf8')
  const stamp = `${root}${folder}/node_modules/.installed-lock.json`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log(`Installing ${what} for ${folder} …`)
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: `${root}${folder}`, stdio: 'inherit' })
  writeFileSync(stamp, lock)
}
