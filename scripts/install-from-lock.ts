// Installs the packages of a folder by its lock file, when they are missing or the lock file has changed.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export function installFromLock(folder: string, what: string): void {
  const path = fileURLToPath(new URL(`../${folder}/`, import.meta.url))
  const lock = readFileSync(`${path}package-lock.json`, 'utf8')
  const stamp = `${path}node_modules/.installed-lock.json`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log(`Installing ${what} for ${folder} …`)
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: path, stdio: 'inherit' })
  writeFileSync(stamp, lock)
}
