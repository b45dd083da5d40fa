import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** Runs a script beside this file in a process of its own, with flags for Node, until the test is over. */
export function runChild(script: string, args: readonly string[] = [], flags: readonly string[] = []): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = fork(path, args, { execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning', ...flags] })
  onTestFinished(() => {
    child.kill()
  })
  return child
}

/** The next message of a child; fails when it exits instead. */
export function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null) => reject(new Error(`the child exited with ${code}`))
    child.once('exit', exited)
    child.once('message', (message) => {
      child.off('exit', exited)
      resolve(message as Message)
    })
  })
}
