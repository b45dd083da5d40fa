// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import type { DiagnosticMessages } from 'eventwire/diagnostics'

declare const messages: DiagnosticMessages
export const closed = messages['eventwire:stream.closed']
export const published = messages['eventwire:event.published']
export const retried = messages['eventwire:client.retry'].error
export const { stream, info } = closed
export const { channel, cursor } = published
