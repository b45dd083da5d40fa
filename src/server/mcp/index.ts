/**
 * Store the events of MCP servers in any log, so that their clients resume.
 *
 * @module
 */

export type {
  AppendOptions,
  Cursor,
  EventLog,
  LogEntry,
  LogSize,
  NewEntry,
  Page,
  ReadOptions,
} from '../log/event-log.ts'
export { createEventStore, type McpEventStore } from './event-store.ts'
