import { EventwireError } from '../shared/errors.ts'
import { resolveUrl } from './connection.ts'
import type { SubscribeOptions, SubscribeUrl } from './options.ts'
import type { Transport } from './transport.ts'

/** Refuses at once what could only fail later. */
export function checkOptions(url: SubscribeUrl, options: SubscribeOptions<any>, transport: Transport): void {
  if (typeof url !== 'function') resolveUrl(url)
  const { headers, retry, idleTimeout, pauseHidden, maxEventSize } = options
  if (typeof headers !== 'function') new Headers(headers as Record<string, string>)
  const { methods: _, ...policy } = typeof retry === 'object' ? retry : {}
  const numbers = { ...policy, idleTimeout, pauseHidden, maxEventSize }
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value === 'number' && !(value >= 0)) {
      throw new EventwireError('invalid-option', `${name} is ${value}; give a number from 0 up`)
    }
  }
  const refused = transport.refuses?.(options)
  if (refused) throw new TypeError(`option "${refused}" does not work with this transport; leave one of them out`)
}
