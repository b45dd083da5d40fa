// Installs the engines of test/runtimes when they are missing or other ones are asked for by now.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../test/runtimes/', import.meta.url))
const lock = readFileSync(`${folder}package-lock.json`, 'utf8')
const stamp = `${folder}node_modules/.installed-lock.json`

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.log('Installing Node 20 and 26, Deno and workerd for test/runtimes …')
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: 'inherit' })
  writeFileSync(stamp, lock)
}
