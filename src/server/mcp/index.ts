/**
 * Store the events of MCP servers in any log, so that their clients resume.
 *
 * @module
 */

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../index.ts'
export { createEventStore, type McpEventStore } from './event-store.ts'
