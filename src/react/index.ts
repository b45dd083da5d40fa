/**
 * A hook for React 18 and 19: subscribes to events and folds them into a state.
 *
 * @module
 */

export type { EventsState, UseEventsOptions } from '../client/bindings/types.ts'
export { useEvents } from './use-events.ts'
