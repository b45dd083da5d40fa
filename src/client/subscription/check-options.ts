import { EventwireError } from '../../shared/errors.ts'
import type { SubscribeOptions, SubscribeUrl } from '../options.ts'
import type { Transport } from '../transport/transport.ts'
import { hasNoBase, resolveUrl, toHeaders } from './connection.ts'
import { policyOf } from './retry.ts'

/** Refuses at once what could only fail later. */
export function checkOptions(url: SubscribeUrl, options: SubscribeOptions<any>, transport: Transport): void {
  const { headers, json, body, lazy, retry, storage, until } = options
  if (typeof url !== 'function' && !(lazy && hasNoBase(url))) resolveUrl(url)
  if (typeof headers === 'string') refuse('headers', headers, 'an object, pairs or Headers')
  if (typeof headers !== 'function') toHeaders(headers)
  if (typeof retry === 'number') refuse('retry', retry, '{ min: milliseconds }, false or a function')
  if (until !== undefined && typeof until !== 'function') refuse('until', until, '({ data }) => data === …')
  if (json !== undefined && body !== undefined) refuse('json', 'given with body', 'one of them')
  if (storage && typeof (storage as { set?: unknown }).set !== 'function') {
    refuse(
      'storage',
      storage,
      "{ get: () => sessionStorage.getItem('cursor'), set: (id) => sessionStorage.setItem('cursor', id) }",
    )
  }
  for (const [name, value] of Object.entries({ ...options, ...policyOf(options) })) {
    if (typeof value === 'number' && name !== 'json' && !(value >= 0)) refuse(name, value, 'a number from 0 up')
  }
  const refused = transport.refuses?.(options)
  if (refused) throw new TypeError(`option "${refused}" does not work with this transport; leave one of them out`)
}

function refuse(name: string, value: unknown, instead: string): never {
  throw new EventwireError('invalid-option', `${name} is ${value}; give ${instead}`)
}
