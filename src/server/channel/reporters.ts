import type { EventwireError } from '../../shared/errors.ts'

/** Reports an error of a channel's callback to the channel's `onError`, or as uncaught when it has no listener. */
export const reporterOf: WeakMap<object, (error: EventwireError) => void> = new WeakMap()
