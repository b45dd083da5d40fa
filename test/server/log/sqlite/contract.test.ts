// The log in SQLite keeps the contract of every log, with each driver that it takes.
import { afterAll } from 'vitest'
import { sqliteLog } from '../../../../src/server/log/sqlite/index.ts'
import { describeEventLog } from '../log-contract.ts'
import { Folder } from './databases.ts'

const folder = new Folder()
let count = 0
afterAll(() => folder.remove())

describeEventLog('sqliteLog() with node:sqlite', {
  open: ({ maxEvents }) => sqliteLog({ database: folder.open({ name: `${count++}.db` }), key: 'log', maxEvents }),
})
