import { invalidOption } from '../../shared/errors.ts'
import { checkMilliseconds } from '../stream/settings.ts'
import { checkPatterns } from './topics.ts'
import type { ReaderOptions } from './types.ts'

/** @throws {EventwireError} `invalid-option` that names the option and its value. */
export function checkReaderOptions({
  topics,
  filter,
  snapshot,
  from,
  every,
  maxLag,
  client,
}: ReaderOptions<any> = {}): void {
  checkPatterns(topics)
  for (const [name, call] of Object.entries({ filter, snapshot })) {
    if (call !== undefined && typeof call !== 'function') throw invalidOption(name, call, 'give a function')
  }
  if (from !== undefined && typeof from !== 'string') {
    throw invalidOption('from', from, "give 'now', 'start', 'latest' or a cursor")
  }
  for (const [name, value] of Object.entries({ every, maxLag })) {
    if (value !== undefined) checkMilliseconds(name, value, 1)
  }
  if (client === undefined ? maxLag !== undefined : typeof client !== 'string' || client === '') {
    throw invalidOption('client', client, 'give a name')
  }
}
