import type { GapReason } from '../../shared/wire/gap.ts'
import type { Cursor, LogEntry } from '../log/event-log.ts'
import type { LivePage } from '../log/live-page.ts'
import { fromCursor, isAhead } from '../log/position.ts'
import { awaitRoom, deliver, hasRoom, settings } from '../stream/internal.ts'
import type { Producer } from '../stream/producer.ts'
import { CatchUp } from './catch-up.ts'
import { cursorFrame } from './control-frames.ts'
import { join, miss } from './joining.ts'
import { ReaderOutput } from './reader-output.ts'
import type { SubscribeResult } from './types.ts'

/** The cursor of one stream over the log: live at the head, or behind and reading pages as fast as its client receives them. */
export class Reader extends ReaderOutput implements Producer {
  next: Producer | undefined
  /** Exists while the reader is not live: most readers are. */
  #catchUp: CatchUp | undefined

  /** Begins to read. @returns how it has begun, as soon as that is known. */
  begin(): Promise<SubscribeResult> {
    return new Promise((resolve) => {
      this.#catchUp = new CatchUp(this, resolve)
      join(this.#catchUp)
    })
  }

  receive(bytes: Uint8Array, count: number, last: Cursor, before: Cursor): void {
    if (!hasRoom(this.stream)) {
      this.#fallBehind(before)
      awaitRoom(this.stream)
    } else if ((this.group.pace || this.unconfirmed) && this.waits()) this.#fallBehind(before)
    else this.send(bytes, count, last)
  }

  receiveFiltered(entries: readonly LogEntry[], before: Cursor): void {
    if (this.group.pace !== undefined) {
      // Only an entry that passes the filter supersedes another, so the reader makes a round of its own.
      this.#fallBehind(before)
      this.group.pace.wait(this)
      return
    }
    const wanted = entries.filter((entry) => this.passes(entry))
    if (wanted.length > 0) this.receive(this.group.join(wanted), wanted.length, wanted.at(-1)!.cursor, before)
  }

  /** Notes that the client has received everything up to this position. @returns whether the confirmation is new. */
  acknowledge(cursor: Cursor): boolean {
    if (isAhead(cursor, this.clientCursor) || !this.unconfirmed?.confirm(cursor)) return false
    this.resume()
    return true
  }

  /** Writes the entries held back; with `isLeaving` not those of the other readers of its group. */
  flush(isLeaving?: boolean): void {
    this.unconfirmed?.release()
    this.group.pace?.flush(isLeaving ? this : undefined)
    if (this.unconfirmed !== undefined) this.resume()
  }

  lose(head?: Cursor): void {
    const position = this.group.pace?.before ?? head
    if (this.state === 'live' && position !== undefined) this.#fallBehind(position)
    else if (this.#catchUp) this.#catchUp.mayHaveMissed = true
    this.resume()
  }

  resume(): void {
    this.#catchUp?.resume()
  }

  closed(): void {
    this.group.live.delete(this)
    this.group.pace?.leave(this)
    this.unconfirmed?.stop()
    this.source.live.stopWaiting(this)
    this.#catchUp?.onBegun({ status: 'closed', from: this.#catchUp.cursor })
    this.source.onReaderClosed(this)
  }

  /** The frame with the position of the reader, if entries that its client does not receive have moved it. */
  idle(): Uint8Array | undefined {
    if ((this.state !== 'live' && this.state !== 'behind') || this.#catchUp?.values) return undefined
    const cursor = this.#catchUp?.cursor ?? this.group.pace?.before ?? this.source.live.head!
    if (cursor === this.clientCursor) return undefined
    this.clientCursor = cursor
    return cursorFrame(cursor, settings(this.stream).controls)
  }

  remind(oldest: number): void {
    const known = fromCursor(this.clientCursor)
    if (!hasRoom(this.stream) || (known !== undefined && known.sequence >= oldest)) return
    const frame = this.idle()
    if (frame !== undefined) deliver(this.stream, frame, 0)
  }

  onGap(page: LivePage, reason: GapReason): void {
    miss(this.#catchUp!, page, reason)
  }

  onHead(): void {
    const { head } = this.source.live
    this.state = 'live'
    this.group.live.add(this)
    this.#catchUp = undefined
    // Equal texts, but all live readers then hold the same one.
    if (this.clientCursor === head) this.clientCursor = head
  }

  #fallBehind(cursor: Cursor): void {
    this.state = 'behind'
    this.#catchUp = new CatchUp(this)
    this.#catchUp.cursor = cursor
    this.group.live.delete(this)
  }
}
