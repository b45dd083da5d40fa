import type { SharedWrites } from '../stream/compression.ts'
import { storedBlocks } from './blocks.ts'
import type { Gzip } from './gzip.ts'
import { History } from './history.ts'

/**
 * Milliseconds of silence after which blocks refer to nothing before the silence. Each response writes its own heartbeats after a
 * silence. With an empty history it can share the next blocks at once.
 */
const QUIET = 4_000
/** Milliseconds after which a group with few bytes clears its history, for responses that wait to share its blocks. */
const MAX_WAIT = 5_000

/** A position in a shared stream. */
export interface Mark {
  readonly index: number
  /** Checksum and number of all bytes up to here. */
  readonly checksum: number
  readonly total: number
}

/** One write of a shared stream. */
export interface SharedWrite {
  readonly stream: SharedStream
  readonly bytes: Uint8Array
  readonly before: Mark
  readonly after: Mark
  /** The number of bytes before this write that its blocks may refer to. */
  readonly reach: number
  /** The compressed blocks, created when the first response shares them. */
  blocks: Uint8Array | undefined
  /** The same bytes as stored blocks, for all responses that lack the history. */
  stored: Uint8Array | undefined
}

/** The bytes that all readers of a group receive, with one compressor for all of them. */
export class SharedStream implements SharedWrites {
  readonly #gzip: Gzip
  readonly #history = new History()
  #mark: Mark = { index: 0, checksum: 0, total: 0 }
  #bytes: Uint8Array | undefined
  #outer: SharedStream | undefined
  #write: SharedWrite | undefined
  #wroteAt = 0
  #clearedAt = 0
  /** Whether a response has written stored blocks, because it lacks the history that the shared blocks refer to. */
  #isAwaited = false

  constructor(gzip: Gzip) {
    this.#gzip = gzip
  }

  begin(bytes: Uint8Array): Uint8Array {
    this.#bytes = bytes
    this.#outer = this.#gzip.current
    this.#gzip.current = this
    return bytes
  }

  done(): void {
    if (this.#bytes === undefined) return
    if (this.#write !== undefined) this.#history.add(this.#bytes)
    this.#gzip.current = this.#outer
    this.#bytes = this.#outer = this.#write = undefined
  }

  /** The present write, if these are its bytes. */
  writeOf(bytes: Uint8Array): SharedWrite | undefined {
    if (bytes !== this.#bytes) return undefined
    this.#write ??= this.#prepare(bytes)
    return this.#write
  }

  /** The blocks of the present write, which refer to the bytes of earlier writes. */
  blocksOf(write: SharedWrite): Uint8Array {
    write.blocks ??= this.#gzip.deflate(write.bytes, this.#history.bytes)
    return write.blocks
  }

  /** The blocks for a response that lacks the history; the group notes that such a response waits to share its blocks. */
  storedBlocksOf(write: SharedWrite): Uint8Array {
    this.#isAwaited = true
    write.stored ??= storedBlocks(write.bytes)
    return write.stored
  }

  #prepare(bytes: Uint8Array): SharedWrite {
    const now = performance.now()
    const before = this.#mark
    const isLate = this.#isAwaited && now - this.#clearedAt > MAX_WAIT
    if (isLate || now - this.#wroteAt > QUIET) {
      this.#history.clear()
      this.#isAwaited = false
      this.#clearedAt = now
    }
    this.#wroteAt = now
    const checksum = this.#gzip.zlib.crc32(bytes, before.checksum)
    this.#mark = { index: before.index + 1, checksum, total: before.total + bytes.length }
    const reach = this.#history.length
    return { stream: this, bytes, before, after: this.#mark, reach, blocks: undefined, stored: undefined }
  }
}
