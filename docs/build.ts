// Builds the site into docs/.vitepress/dist: the guides, the reference made from the docstrings, and llms.txt. Its tools are
// a package of their own, installed when they are missing or others are asked for.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const cwd = fileURLToPath(new URL('.', import.meta.url))
const lock = readFileSync(`${cwd}package-lock.json`, 'utf8')
const stamp = `${cwd}node_modules/.installed-lock.json`

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.log('Installing VitePress and TypeDoc for docs …')
  execFileSync('npm', ['ci', '--ignore-scripts'], { cwd, stdio: 'inherit' })
  writeFileSync(stamp, lock)
}
execFileSync('npm', ['run', '--silent', process.argv[2] ?? 'build'], { cwd, stdio: 'inherit' })
