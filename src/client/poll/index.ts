/**
 * Go on where proxies hold streams back: read the same events page by page.
 *
 * @module
 */

export type { Fallback } from '../options.ts'
export { type PollOptions, poll } from './poll.ts'
