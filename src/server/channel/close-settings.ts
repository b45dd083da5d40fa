import { invalidOption } from '../../shared/errors.ts'
import { checkFinal, checkRetry, type RetryRange } from '../stream/settings.ts'
import type { ChannelCloseOptions } from './types.ts'

/** The reconnection time of clients whose streams are closed. */
export const RECONNECT_AFTER: RetryRange = { min: 1_000, max: 5_000 }

interface CloseSettings {
  readonly spread: number
  readonly retry: number | RetryRange
  readonly final: boolean
}

/** @throws {EventwireError} `invalid-option` */
export function closeSettings({
  spread = 0,
  retry = RECONNECT_AFTER,
  final = false,
}: ChannelCloseOptions): CloseSettings {
  if (typeof spread !== 'number' || !(spread >= 0 && spread < Infinity)) {
    throw invalidOption('spread', spread, 'give milliseconds')
  }
  checkRetry(retry)
  checkFinal(final)
  return { spread, retry, final }
}
