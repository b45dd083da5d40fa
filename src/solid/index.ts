/**
 * A primitive for Solid: subscribes to events and folds them into a state.
 *
 * @module
 */

export type { UseEventsOptions } from '../client/bindings/types.ts'
// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../client/index.ts'
export { type EventsAccessors, useEvents } from './use-events.ts'
