import type { Transport, TransportReceiver, TransportRequest } from '../transport/transport.ts'
import { LinkedAbort } from './linked-abort.ts'
import type { Silence } from './silence.ts'

/** The end of a connection. */
export type ConnectionEnd = Awaited<ReturnType<Transport['connect']>>

/** Ignores a stream that is only made to see whether streams pass. */
export const NOBODY: TransportReceiver = {
  open() {},
  message() {},
  comment() {},
  retry() {},
  alive() {},
  ready: () => undefined,
  interrupted() {},
}

/**
 * Makes one connection, and gives it up when no byte has come in time, which is the end `'mute'`.
 *
 * @param timeout - Milliseconds.
 */
export async function tryStream(
  stream: Transport,
  request: TransportRequest,
  silence: Silence,
  timeout: number,
): Promise<ConnectionEnd | 'mute'> {
  const abort = new LinkedAbort(request.signal)
  let timer: ReturnType<typeof setTimeout> | undefined
  const mute = new Promise<'mute'>((resolve) => {
    timer = setTimeout(() => silence.hasSpoken || resolve('mute'), timeout)
  })
  const connection = stream.connect({ ...request, signal: abort.signal }, silence.receiver)
  // A `fetch` that ignores its signal settles later, or never.
  connection.catch(() => {})
  try {
    return await Promise.race([connection, mute])
  } finally {
    clearTimeout(timer)
    abort.unlink()
    abort.abort()
  }
}
