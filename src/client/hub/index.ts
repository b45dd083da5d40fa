/**
 * Share one connection between the components of a page and all tabs of a browser, with topics that change.
 *
 * @module
 */

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../index.ts'
export { createHub } from './create-hub.ts'
export type { Hub, HubOptions, HubState, HubTopic, TopicList } from './types.ts'
