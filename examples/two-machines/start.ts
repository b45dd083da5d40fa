// Two machines, one Redis, nginx before them: npm run build && npx node examples/two-machines/start.ts
// Needs redis-server (or REDIS_URL) and nginx: `npm run setup` installs both.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const port = Number(process.env.PORT ?? 3000)
const redis = process.env.REDIS_URL ?? `redis://127.0.0.1:${port + 3}`
const folder = await mkdtemp(join(tmpdir(), 'two-machines-'))
const programs: ChildProcess[] = []
let ending = false
process.once('exit', () => {
  for (const child of programs) child.kill()
})

if (process.env.REDIS_URL === undefined) {
  run('redis-server', ['--port', `${port + 3}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder], 'ignore')
}
const machine = fileURLToPath(new URL('server.ts', import.meta.url))
for (const n of [1, 2]) {
  run(process.execPath, [machine], 'inherit', { NAME: `machine ${n}`, PORT: `${port + n}`, REDIS_URL: redis })
}
for (const n of [1, 2]) await answer(port + n)
const conf = await readFile(new URL('nginx.conf', import.meta.url), 'utf8')
await writeFile(
  join(folder, 'nginx.conf'),
  conf.replace(/127\.0\.0\.1:300(\d)/g, (_, n) => `127.0.0.1:${port + Number(n)}`),
)
run('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], 'inherit')
await answer(port)
console.log(`http://localhost:${port}`)

process.once('SIGINT', end)
process.once('SIGTERM', end)

function run(program: string, args: string[], output: 'inherit' | 'ignore', env: Record<string, string> = {}): void {
  // A group of its own: Ctrl-C is for us, who end the programs in their order.
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', output, 'inherit'],
    detached: true,
  })
  programs.push(child)
  child.once('error', ({ message }) => {
    console.error(`${program} did not start: ${message}; \`npm run setup\` installs it`)
    end()
  })
  child.once('exit', (code) => {
    if (ending) return
    console.error(`${program} has ended with ${code}`)
    end()
  })
}

async function answer(port: number): Promise<void> {
  for (let tries = 0; tries < 100 && !ending; tries++) {
    try {
      await fetch(`http://127.0.0.1:${port}/`)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new Error(`nothing answers on port ${port}`)
}

/** Ends the programs in reverse order, each after the one before it has exited. */
async function end(): Promise<void> {
  if (ending) return
  ending = true
  for (const child of programs.reverse()) {
    if (child.pid === undefined || child.exitCode !== null) continue
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
  await rm(folder, { recursive: true, force: true })
}
