/**
 * A composable for Vue 3: subscribes to events and folds them into a state.
 *
 * @module
 */

export { type EventsRefs, type UseEventsOptions, useEvents } from './use-events.ts'
