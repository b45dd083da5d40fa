import { commentFrame, retryFrame } from '../../shared/wire/encode.ts'
import { HEARTBEAT_COMMENT } from '../../shared/wire/names.ts'
import { drawRetry, type Settings } from './settings.ts'

/** The first bytes: hosts and proxies hold the head back until there are some. */
export function openingFrame({ heartbeat, retry }: Settings): string {
  const announcement = heartbeat === false ? '' : HEARTBEAT_COMMENT + heartbeat
  return commentFrame(announcement) + (retry === undefined ? '' : retryFrame(drawRetry(retry)))
}
