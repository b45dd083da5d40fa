// Installs the clients in JavaScript and Python that test/clients reads our streams with, when they are missing or others are asked for.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installFromLock } from './install-from-lock.ts'

const folder = fileURLToPath(new URL('../test/clients/', import.meta.url))
const environment = `${folder}.venv`
const stamp = `${environment}/installed.txt`
const wanted = readFileSync(`${folder}requirements.txt`, 'utf8')

installFromLock('test/clients', 'the clients of AI protocols')
installFromLock('test/clients/durable-streams', 'the tests of the Durable Streams protocol')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.log('Installing clients in Python for test/clients …')
  rmSync(environment, { recursive: true, force: true })
  if (install()) writeFileSync(stamp, wanted)
  else if (process.env.CI) process.exit(1)
  else console.log('The clients in Python are left out (apt-get install python3-venv).')
}

function install(): boolean {
  return (
    run('python3', ['-m', 'venv', environment]) &&
    run(`${environment}/bin/pip`, [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      `${folder}requirements.txt`,
    ])
  )
}

function run(command: string, words: readonly string[]): boolean {
  return spawnSync(command, words, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}
