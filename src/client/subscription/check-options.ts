import { EventwireError } from '../../shared/errors.ts'
import type { SubscribeOptions, SubscribeUrl } from '../options.ts'
import type { Transport } from '../transport/transport.ts'
import { resolveUrl } from './connection.ts'
import { policyOf } from './retry.ts'

/** Refuses at once what could only fail later. */
export function checkOptions(url: SubscribeUrl, options: SubscribeOptions<any>, transport: Transport): void {
  if (typeof url !== 'function') resolveUrl(url)
  const { headers } = options
  if (typeof headers !== 'function') new Headers(headers as Record<string, string>)
  for (const [name, value] of Object.entries({ ...options, ...policyOf(options) })) {
    if (typeof value === 'number' && !(value >= 0)) {
      throw new EventwireError('invalid-option', `${name} is ${value}; give a number from 0 up`)
    }
  }
  const refused = transport.refuses?.(options)
  if (refused) throw new TypeError(`option "${refused}" does not work with this transport; leave one of them out`)
}
