import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'vitest'
import type { EventLog, LogEntry } from '../../../src/server/log/event-log.ts'

/** Lets so many processes append at the same time; answers how many conflicts each has met. */
export async function appendTogether(processes: number, ...args: string[]): Promise<number[]> {
  const file = new URL('appending-process.ts', import.meta.url)
  const children = Array.from({ length: processes }, () => fork(file, args))
  try {
    await Promise.all(children.map((child) => once(child, 'message')))
    const done = children.map(async (child) => {
      const [message] = await Promise.race([
        once(child, 'message'),
        once(child, 'exit').then(([code]): never => expect.fail(`a process has ended with ${code}`)),
      ])
      return message.conflicts as number
    })
    for (const child of children) child.send('go')
    return await Promise.all(done)
  } finally {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
  }
}

/** Everything in a log, from its first entry on. */
export async function readAll(log: EventLog): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  let { oldest: next, newest } = await log.read(undefined, 0)
  while (next !== newest) {
    const page = await log.read(next, 1_000)
    entries.push(...page.entries)
    ;({ next, newest } = page)
  }
  return entries
}

/** Each claim stands right behind the entry that it names, and its second half right behind it. */
export function checkClaims(start: string, entries: readonly LogEntry[]): void {
  let before = start
  for (const [index, { type, data, cursor }] of entries.entries()) {
    if (type !== (index % 2 === 0 ? 'claim' : 'note')) expect.fail(`${type} ${data} is number ${index}`)
    if (type === 'claim' && data !== before) expect.fail(`claim after ${data} stands after ${before}`)
    before = cursor
  }
}
