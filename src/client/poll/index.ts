/**
 * Go on where proxies hold streams back: read the same events page by page.
 *
 * @module
 */

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../index.ts'
export { type PollOptions, poll } from './poll.ts'
