/** Servers and loads in processes of their own, and what they say. */
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'

const DEADLINE = 60_000
/** A server on one core and its clients on another, where the machine lets us say so. */
const PIN = spawnSync('taskset', ['--version']).status === 0

export const SERVER_CORE = 0
export const LOAD_CORE = 1

const started = new Set<ChildProcess>()

export type Runtime = 'node' | 'bun'

/**
 * Options of Node for servers. The engine drops code that has not run for some collections, and then the source of the compiler that
 * strips types, 4.6 MB, which a difference of two readings would count as memory that a server has freed.
 */
const NODE_OPTIONS = ['--expose-gc', '--no-flush-bytecode', '--max-old-space-size=4096']

/** Starts a script of this folder. */
export function start(script: string, args: readonly string[], core: number, runtime: Runtime = 'node'): ChildProcess {
  const how = runtime === 'bun' ? { execPath: 'bun', execArgv: [] } : { execArgv: NODE_OPTIONS }
  const child = fork(new URL(script, import.meta.url), args, how)
  started.add(child)
  child.on('exit', () => started.delete(child))
  if (PIN) spawnSync('taskset', ['-a', '-p', '-c', String(core), String(child.pid)], { stdio: 'ignore' })
  return child
}

/** The next thing a process says; fails when it exits instead, or says nothing for a minute. */
export async function reply<Reply>(child: ChildProcess): Promise<Reply> {
  const waiting = new AbortController()
  const { signal } = waiting
  const timer = setTimeout(
    () => waiting.abort(new Error(`${child.spawnargs.slice(1).join(' ')} said nothing`)),
    DEADLINE,
  )
  try {
    const exited = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`${child.spawnargs.slice(1).join(' ')} exited with ${code}`)
    })
    exited.catch(() => {})
    const [message] = await Promise.race([once(child, 'message', { signal }), exited])
    return message as Reply
  } finally {
    clearTimeout(timer)
    waiting.abort()
  }
}

/** Ends whatever a benchmark that has failed left behind: it would hold up the end of the run. */
export function stopAll(): void {
  for (const child of started) child.kill('SIGKILL')
}

/** Ends processes that were started here. */
export function stop(...children: ChildProcess[]): void {
  for (const child of children) if (child.connected) child.disconnect()
}
