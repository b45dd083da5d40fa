/**
 * Store the events of MCP servers in any log, so that their clients resume.
 *
 * @module
 */

export type { Cursor, EventLog, LogEntry, Page } from '../log/event-log.ts'
export { createEventStore, type McpEventStore } from './event-store.ts'
