// A run is produced once, is read by whoever comes, and ends for all of them in the same way, on every log.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { sharedFile, sharedMemory } from './machines.ts'
import { runsSuite } from './suite.ts'

runsSuite('a memory log', sharedMemory)
runsSuite('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return sharedFile(join(folder, 'runs.db'))
})
