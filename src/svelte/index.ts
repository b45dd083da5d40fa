/**
 * A reactive object for Svelte 5: subscribes to events and folds them into a state.
 *
 * @module
 */

export type { EventsState, UseEventsOptions } from '../client/bindings/types.ts'
export { useEvents } from './use-events.ts'
