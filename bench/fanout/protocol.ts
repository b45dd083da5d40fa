/** The messages between the processes of the fan-out. */
export interface Order {
  /** Number of events to publish, `aTick` of them in each tick. */
  readonly publish: number
  readonly aTick: number
}

const TEXT = 'x'.repeat(Number(process.env.EVENT_BYTES ?? 100) - 22)

/** An event of 100 bytes of JSON, or of EVENT_BYTES; the mark is what the load counts. */
export const MARK = '~'
export const payload = (n: number) => ({ n, text: MARK + TEXT })

/** As somebody would write it by hand. */
export const frame = (n: number) => Buffer.from(`event: note\nid: ${n}\ndata: ${JSON.stringify(payload(n))}\n\n`)

/** A server under test: it listens on a free port of loopback and publishes on request. */
export interface Contestant {
  readonly port: number
  /** The path that its clients request. @default '/' */
  readonly path?: string
  readonly size: () => number
  publish(n: number): void
}
