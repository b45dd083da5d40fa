/**
 * Respond to clients that poll, in the format of the Durable Streams protocol.
 *
 * @module
 */

export type { Pages } from '../channel/page-port.ts'
export { type PagesOptions, pages } from './pages.ts'
