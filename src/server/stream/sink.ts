/** Where the bytes of a stream go: a Fetch body or a Node response. */
export interface Sink {
  /** Bytes written and not yet taken by the transport. */
  readonly buffered: number
  /** Changes while the transport is busy with a write that `buffered` still counts whole; 0 where the platform does not expose it. */
  readonly inFlight: number
  write(bytes: Uint8Array): void
  /** Asks for one `onDrained`, soon after the transport has taken what was written. */
  awaitDrain(): void
  /** Ends the body after what was written. */
  end(): void
  /** Terminates the connection and drops what was written. */
  destroy(error: Error): void
}

/** The sink of a stream that was closed before it began. */
export const NO_SINK: Sink = {
  buffered: 0,
  inFlight: 0,
  write() {},
  awaitDrain() {},
  end() {},
  destroy() {},
}
