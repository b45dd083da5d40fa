/**
 * A reactive object for Svelte 5: subscribes to events and folds them into a state.
 *
 * @module
 */

export type { EventsState, UseEventsOptions } from '../client/bindings/types.ts'
// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../client/index.ts'
export { useEvents } from './use-events.ts'
