import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const root: string = fileURLToPath(new URL('..', import.meta.url))

/** A program that a test has started. */
export interface Running {
  /** Everything it has printed. */
  output(): string
  /** Everything it has printed on stderr. */
  errors(): string
  /** Resolves with the match once the output has it, also when it has come already; rejects after so many milliseconds. */
  line(pattern: RegExp, within?: number): Promise<RegExpExecArray>
  /** Resolves to the exit code, once everything it has printed is here. */
  exited(): Promise<number | null>
  /** Sends Ctrl-C, or another signal, and resolves to the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Starts a program with the project's own Node, Bun and tools first on its PATH. */
export async function start(
  command: string,
  args: string[],
  env: Record<string, string> = {},
  cwd: string = root,
): Promise<Running> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH}`, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await once(child, 'spawn')
  return runningOf(child)
}

function runningOf(child: ChildProcess): Running {
  let output = ''
  let errors = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const exited = once(child, 'exit')
  const closed = once(child, 'close')
  return {
    output: () => output,
    errors: () => errors,
    line(pattern, within = 60_000) {
      return new Promise((resolve, reject) => {
        const finish = () => {
          clearTimeout(timer)
          child.stdout!.off('data', look)
          child.off('exit', onExit)
        }
        const look = () => {
          const match = pattern.exec(output)
          if (match === null) return
          finish()
          resolve(match)
        }
        const fail = (why: string) => {
          finish()
          reject(new Error(`${why} before ${pattern}; it printed:\n${output}${errors}`))
        }
        const onExit = () => fail('it exited')
        const timer = setTimeout(fail, within, `${within} ms passed`)
        child.stdout!.on('data', look)
        child.once('exit', onExit)
        look()
      })
    },
    exited: () => closed.then(() => child.exitCode),
    async stop(signal = 'SIGINT') {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal)
        await exited
      }
      return child.exitCode
    },
  }
}
