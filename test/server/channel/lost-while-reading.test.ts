// A log that loses its connection while a reader waits for a page: the reader reads again, although nothing more is published.
import { expect, it } from 'vitest'
import { createChannel, type EventLog, memoryLog, type Page } from '../../../src/server/index.ts'
import { createTestClient } from '../../../src/testing/index.ts'

/** A log over a network whose reads are answered when the test says so, and whose notifications are lost. */
function remote() {
  const log = memoryLog()
  const pending: (() => void)[] = []
  let lose!: () => void
  const remoteLog: EventLog = {
    append: async (entries, options) => log.append(entries, options),
    read: (...read) => {
      const page = log.read(...read) as Page
      return new Promise((resolve) => pending.push(() => resolve(page)))
    },
    follow: (_, onLost) => {
      lose = onLost
      return () => {}
    },
    close: () => log.close(),
  }
  const answerAll = async () => {
    for (let turn = 0; turn < 20; turn++) {
      for (const answer of pending.splice(0)) answer()
      await new Promise((resolve) => setTimeout(resolve))
    }
  }
  return { log: remoteLog, pending, answerAll, lose: () => lose() }
}

it('reads again', async () => {
  const { log, pending, answerAll, lose } = remote()
  const channel = createChannel<{ message: string }>({ log, stream: { heartbeat: false } })
  await answerAll()
  const client = createTestClient<{ message: string }>(channel.response(new Request('http://localhost/')))
  for (const answer of pending.splice(0)) answer()
  await expect.poll(() => pending.length).toBeGreaterThan(0) // the reader waits for the page behind its position
  await log.append([{ type: 'message', data: '"missed"' }])
  lose()
  await answerAll()
  expect((await client.next()).data).toBe('missed')
  await client.disconnect()
})
