// A process that is asked to go finishes its runs within the deadline or hands them over as lost, and exits by itself.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { sqliteLog } from '../../../src/server/log/sqlite/index.ts'
import { createRuns } from '../../../src/server/runs/index.ts'
import { start } from '../../programs.ts'
import { parse, requestFor } from '../../server/runs/machines.ts'

it.each([
  ['finishes its run', '20000', 'done', 20],
  ['hands its run over as lost', '0', 'lost', undefined],
])('%s with a deadline of %s ms', async (_, deadline, how, count) => {
  const folder = mkdtempSync(join(tmpdir(), 'shutdown-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'runs.db')
  const server = await start('node', ['test/node/runs/shutdown-server.ts', file, deadline])
  const [, port] = await server.line(/port (\d+)/)
  const response = await fetch(`http://127.0.0.1:${port}/`)
  expect(await server.stop('SIGTERM')).toBe(0)
  expect(server.output()).toContain('closed')
  const here = parse(await response.text())
  expect(here.how).toBe(how)
  // Another process reads the same.
  const database = new DatabaseSync(file)
  onTestFinished(() => database.close())
  const runs = createRuns({ log: (key) => sqliteLog({ database, key }), async *run() {} })
  const there = parse(await (await runs.response(requestFor(), '1')).text())
  expect(there).toMatchObject({ tokens: here.tokens, how })
  if (count !== undefined) expect(there.tokens).toHaveLength(count)
  await runs.close()
})
