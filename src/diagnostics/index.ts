/**
 * Publishes what streams, channels and subscriptions do to `node:diagnostics_channel`, under names that begin with `eventwire:`.
 * Importing the entry is enough: `import 'eventwire/diagnostics'`, or `node --import eventwire/diagnostics`.
 *
 * @module
 */

import { channel } from 'node:diagnostics_channel'
import { observe } from '../shared/observe.ts'
import type { DiagnosticMessages } from './messages.ts'

// biome-ignore lint/style/noRestrictedImports: the compiler names inferred types by this entry.
export type {} from '../server/index.ts'
export type { DiagnosticMessages } from './messages.ts'

const NAMES: { readonly [Name in keyof DiagnosticMessages]: true } = {
  'eventwire:stream.opened': true,
  'eventwire:stream.closed': true,
  'eventwire:stream.gap': true,
  'eventwire:event.publishing': true,
  'eventwire:event.published': true,
  'eventwire:event.failed': true,
  'eventwire:events.delivered': true,
  'eventwire:events.replayed': true,
  'eventwire:client.retry': true,
}

/** Kept here, because Node forgets a channel that nothing refers to, with its subscribers. */
const channels = new Map(Object.keys(NAMES).map((name) => [name, channel(name)]))

observe((name, message) => {
  const topic = channels.get(`eventwire:${name}`)
  if (topic?.hasSubscribers) topic.publish(message)
})
