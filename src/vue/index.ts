/**
 * A composable for Vue 3: subscribes to events and folds them into a state.
 *
 * @module
 */

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../client/index.ts'
export { type EventsRefs, type UseEventsOptions, useEvents } from './use-events.ts'
