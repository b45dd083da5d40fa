/** Notified once when the client disconnects. */
export interface DisconnectListener {
  handleEvent(): void
}

/** The object that reports the disconnect of a client: the Fetch request, or Node's response. */
export type DisconnectSource = Request | NodeResponse

interface NodeResponse {
  readonly req?: { readonly aborted?: boolean }
  readonly destroyed?: boolean
  on(event: 'close', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
  [listenerOf]?: DisconnectListener | undefined
}

const listenerOf: unique symbol = Symbol('eventwire.disconnect')

/** Deno's signal also aborts after a complete response, and Deno warns about listeners. It always cancels the body, so no listener is needed. */
const LISTENS = !('Deno' in globalThis)

/**
 * Node's own response where the host exposes it on the request, as srvx, h3 and Nitro do. That saves the signal, 1 KiB that the host would
 * allocate for each idle connection. Otherwise the request itself, which must stay referenced: after it is garbage-collected, its signal may
 * no longer abort on a disconnect.
 */
export function disconnectSourceOf(request: Request): DisconnectSource {
  const response = (request as { runtime?: { node?: { res?: NodeResponse } } }).runtime?.node?.res
  return response === undefined || response[listenerOf] !== undefined ? request : response
}

export function isDisconnected(source: DisconnectSource): boolean {
  return Boolean('on' in source ? source.destroyed || source.req?.aborted : source.signal?.aborted)
}

export function onDisconnect(source: DisconnectSource, listener: DisconnectListener): void {
  if ('on' in source) {
    source[listenerOf] = listener
    source.on('close', onClose)
  } else if (LISTENS) source.signal?.addEventListener('abort', listener)
}

export function offDisconnect(source: DisconnectSource, listener: DisconnectListener): void {
  if ('on' in source) {
    source.off('close', onClose)
    source[listenerOf] = undefined
  } else source.signal?.removeEventListener('abort', listener)
}

function onClose(this: NodeResponse): void {
  this[listenerOf]?.handleEvent()
}
