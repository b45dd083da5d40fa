/**
 * A primitive for Solid: subscribes to events and folds them into a state.
 *
 * @module
 */

export type { UseEventsOptions } from '../client/bindings/types.ts'
export { type EventsAccessors, useEvents } from './use-events.ts'
