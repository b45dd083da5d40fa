import { refuseOption } from '../../shared/errors.ts'
import type { SubscribeOptions, SubscribeUrl } from '../options.ts'
import type { Transport } from '../transport/transport.ts'
import { hasNoBase, resolveUrl, toHeaders } from './connection.ts'
import { policyOf } from './retry.ts'

/** Refuses at once what could only fail later. */
export function checkOptions(url: SubscribeUrl, options: SubscribeOptions<any>, transport: Transport): void {
  const { headers, json, body, lazy, storage } = options
  if (typeof url !== 'function' && !(lazy && hasNoBase(url))) resolveUrl(url)
  if (typeof headers !== 'function') toHeaders(headers)
  for (const [name, value] of Object.entries({ ...options, json: 0, ...policyOf(options) })) {
    if (typeof value === 'number' && !(value >= 0)) refuseOption(name, value, 'a number from 0 up')
  }
  JSON.stringify(json)
  if (json !== undefined && body !== undefined) refuseOption('json', 'given beside body', 'one of them')
  if (storage && !storage.set)
    refuseOption('storage', storage, '{ get: () => sessionStorage.getItem(key), set: (id) => … }')
  const refused = transport.refuses?.(options)
  if (refused) refuseOption(refused, 'given beside a transport that has no such option', 'one of them')
}
