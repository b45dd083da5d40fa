import { decodeText, joinBytes, writeText } from '../../shared/wire/bytes.ts'
import { RESERVED_PREFIX } from '../../shared/wire/names.ts'
import type { Cursor, LogEntry, NewEntry } from './event-log.ts'
import { frame, type Wants } from './frames.ts'
import { toCursor } from './position.ts'

/** Numbers of the index for each entry: where its frame ends, when it was added, and what kind it is. */
const STRIDE = 3
/** About what a kind takes beside its text. */
const KIND_OVERHEAD = 128
/** The index counts milliseconds from the segment's beginning in 32 bits. */
const LONGEST = 2 ** 32 - 1

/** The members of an entry that others share. */
type Kind = Pick<NewEntry, 'type' | 'topics' | 'key' | 'forget'>

/** Frames to write, and the position behind them. */
export interface FramesPart {
  readonly bytes: Uint8Array
  readonly count: number
  /** The position of the last of them. */
  readonly last: number
  readonly next: number
}

/** The log says it of itself. */
function isReserved({ type }: Kind): boolean {
  return type.startsWith(RESERVED_PREFIX)
}

/** The frames of consecutive entries in one buffer, with a typed index. */
export class Segment {
  /** The position before its first entry. */
  readonly before: number
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Names, topics and keys of its entries. */
  readonly kinds: Kind[] = []
  count = 0
  readonly #epoch: string
  readonly #beganAt: number
  readonly #kindNumbers = new Map<string, number>()
  /** The bytes of kinds and exact data, about. */
  #extraBytes = 0
  #index = new Uint32Array(16 * STRIDE)
  /** Data that its frame would not give back: a frame ends all lines alike. */
  #exact: Map<number, string> | undefined

  constructor(epoch: string, before: number, size: number, now: number) {
    this.#epoch = epoch
    this.before = before
    this.bytes = new Uint8Array(size)
    this.#beganAt = now
  }

  /** The position of its newest entry. */
  get newest(): number {
    return this.before + this.count
  }

  /** The memory that it holds, in bytes. */
  get held(): number {
    return this.bytes.length + this.#index.byteLength + this.#extraBytes
  }

  /** Writes the text of an entry's frame. @returns the frame's bytes, or `undefined` when the segment is full. */
  add(entry: NewEntry, text: string, now: number): Uint8Array | undefined {
    const at = this.#endOf(this.count - 1)
    const length = now - this.#beganAt < LONGEST ? writeText(text, this.bytes, at) : undefined
    if (length === undefined) return undefined
    if (this.count * STRIDE === this.#index.length) this.#grow()
    if (entry.data.includes('\r')) {
      this.#exact ??= new Map()
      this.#exact.set(this.count, entry.data)
      this.#extraBytes += entry.data.length * 2 + KIND_OVERHEAD
    }
    const place = this.count++ * STRIDE
    this.#index[place] = at + length
    this.#index[place + 1] = Math.max(0, now - this.#beganAt)
    this.#index[place + 2] = this.#kindOf(entry)
    return this.bytes.subarray(at, at + length)
  }

  /** When the entry after a position was added. */
  timeAfter(position: number): number {
    return this.#beganAt + this.#index[(position - this.before) * STRIDE + 1]!
  }

  entryAfter(position: number): LogEntry {
    return new StoredEntry(this, position - this.before)
  }

  /**
   * The frames after a position that a reader wants, up to about `size` bytes. They are a slice where nothing is left out, else
   * joined. `undefined` where the next entry is not for clients.
   */
  framesAfter(position: number, size: number, wants: Wants): FramesPart | undefined {
    const from = position - this.before
    const wanted = this.kinds.map((kind) => !isReserved(kind) && wants(kind))
    if (wanted.every((lead) => lead === true)) return this.#slice(from, size)
    const parts: Uint8Array[] = []
    let [index, length, count, last] = [from, 0, 0, position]
    for (; index < this.count && length < size; index++) {
      const kind = this.#index[index * STRIDE + 2]!
      const lead = wanted[kind]!
      if (lead) {
        if (lead !== true) length += parts[parts.push(lead) - 1]!.length
        length += parts[parts.push(this.frameAt(index)) - 1]!.length
        last = this.before + index + 1
        count++
      } else if (isReserved(this.kinds[kind]!)) break
    }
    if (index === from) return undefined
    return { bytes: joinBytes(parts), count, last, next: this.before + index }
  }

  #slice(from: number, size: number): FramesPart {
    const start = this.#endOf(from - 1)
    let [low, high] = [from + 1, this.count]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#endOf(middle - 1) - start <= size) low = middle
      else high = middle - 1
    }
    const next = this.before + low
    return { bytes: this.bytes.subarray(start, this.#endOf(low - 1)), count: low - from, last: next, next }
  }

  kindAt(index: number): Kind {
    return this.kinds[this.#index[index * STRIDE + 2]!]!
  }

  cursorAt(index: number): Cursor {
    return toCursor(this.#epoch, this.before + index + 1)
  }

  frameAt(index: number): Uint8Array {
    return this.bytes.subarray(this.#endOf(index - 1), this.#endOf(index))
  }

  /** Reads the data back from its frame: behind the lines of the name and the id, without `data: ` before each line. */
  dataAt(index: number): string {
    const exact = this.#exact?.get(index)
    if (exact !== undefined) return exact
    const text = decodeText(this.bytes, this.#endOf(index - 1), this.#endOf(index) - 2)
    const lines = text.slice(text.indexOf('\ndata:') + 1)
    return lines.slice(6).replaceAll('\ndata: ', '\n')
  }

  #endOf(index: number): number {
    return index < 0 ? 0 : this.#index[index * STRIDE]!
  }

  #grow(): void {
    const grown = new Uint32Array(this.#index.length * 2)
    grown.set(this.#index)
    this.#index = grown
  }

  #kindOf({ type, topics, key, forget }: NewEntry): number {
    const name = topics || key !== undefined || forget ? JSON.stringify([type, topics, key, forget]) : type
    let number = this.#kindNumbers.get(name)
    if (number === undefined) {
      number = this.kinds.push({ type, topics, key, forget }) - 1
      this.#kindNumbers.set(name, number)
      this.#extraBytes += name.length * 4 + KIND_OVERHEAD
    }
    return number
  }
}

/** An entry as its segment has it: the data is decoded when it is asked for. */
class StoredEntry implements LogEntry {
  readonly type: string
  readonly topics: readonly string[] | undefined
  readonly key: string | undefined
  readonly forget: boolean | undefined
  readonly cursor: Cursor
  readonly #segment: Segment
  readonly #index: number
  #data: string | undefined

  constructor(segment: Segment, index: number) {
    const { type, topics, key, forget } = segment.kindAt(index)
    this.type = type
    this.topics = topics
    this.key = key
    this.forget = forget
    this.cursor = segment.cursorAt(index)
    this.#segment = segment
    this.#index = index
  }

  get data(): string {
    this.#data ??= this.#segment.dataAt(this.#index)
    return this.#data
  }

  get [frame](): Uint8Array {
    return this.#segment.frameAt(this.#index)
  }
}
