// Installs the compilers, the linter and the packages of test/compilers, when they are missing or others are asked for.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../test/compilers/', import.meta.url))
const lock = readFileSync(`${folder}package-lock.json`, 'utf8')
const stamp = `${folder}node_modules/.installed-lock.json`

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.log('Installing TypeScript 5.9 and 6, ESLint and the packages of AI providers for test/compilers …')
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: 'inherit' })
  writeFileSync(stamp, lock)
}
