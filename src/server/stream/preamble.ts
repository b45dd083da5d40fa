import { commentFrame, retryFrame } from '../../shared/wire/encode.ts'
import { HEARTBEAT_COMMENT } from '../../shared/wire/names.ts'
import { drawRetry, type StreamSettings } from './settings.ts'

/** The first bytes: hosts and proxies hold the head back until there are some. */
export function preambleFrame({ heartbeat, retry }: StreamSettings): string {
  const announcement = heartbeat === false ? '' : HEARTBEAT_COMMENT + heartbeat
  return commentFrame(announcement) + (retry === undefined ? '' : retryFrame(drawRetry(retry)))
}
