// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { instrument, traceparents } from 'eventwire/otel'

export const start = instrument
export const stop = instrument({ meter: {} as never })
export const read = traceparents
export type Options = Parameters<typeof instrument>[0]
export const { meter, tracer, channels, onError } = {} as Options
