import { checkFinal, checkMilliseconds, checkRetry, type RetryRange } from '../stream/settings.ts'
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
  checkMilliseconds('spread', spread, 0)
  checkRetry(retry)
  checkFinal(final)
  return { spread, retry, final }
}
