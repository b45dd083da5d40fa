/**
 * Respond to clients that poll, in the format of the Durable Streams protocol.
 *
 * @module
 */

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../index.ts'
export { type PagesOptions, pages } from './pages.ts'
