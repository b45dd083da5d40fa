/** Notified once when the client disconnects. */
export interface DepartureListener {
  handleEvent(): void
}

/** The object that reports the disconnect of a client: the Fetch request, or Node's response. */
export type Departure = Request | NodeResponse

interface NodeResponse {
  readonly req?: { readonly aborted?: boolean }
  readonly destroyed?: boolean
  on(event: 'close', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
  [listenerOf]?: DepartureListener | undefined
}

const listenerOf: unique symbol = Symbol('eventwire.departure')

/** Deno's signal also aborts when all went well, and Deno warns of those who listen; it never fails to cancel a body. */
const LISTENS = !('Deno' in globalThis)

/**
 * Node's own response where the host hands it out with the request, as srvx does and with it h3 and Nitro: it spares an
 * idle connection the signal, a kilobyte that the host would make just for us. Else the request, which is kept whole: once
 * collected, it may no longer pass on to its signal that the client has left.
 */
export function departureOf(request: Request): Departure {
  const response = (request as { runtime?: { node?: { res?: NodeResponse } } }).runtime?.node?.res
  return response === undefined || response[listenerOf] !== undefined ? request : response
}

export function hasLeft(departure: Departure): boolean {
  if ('on' in departure) return Boolean(departure.destroyed || departure.req?.aborted)
  return Boolean(departure.signal?.aborted)
}

export function onDeparture(departure: Departure, listener: DepartureListener): void {
  if ('on' in departure) {
    departure[listenerOf] = listener
    departure.on('close', closed)
  } else if (LISTENS) departure.signal?.addEventListener('abort', listener)
}

export function offDeparture(departure: Departure, listener: DepartureListener): void {
  if ('on' in departure) {
    departure.off('close', closed)
    departure[listenerOf] = undefined
  } else departure.signal?.removeEventListener('abort', listener)
}

function closed(this: NodeResponse): void {
  this[listenerOf]?.handleEvent()
}
