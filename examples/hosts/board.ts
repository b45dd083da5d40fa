import { type Channel, type Cursor, createChannel } from 'eventwire/server'

export interface Note {
  readonly id: number
  readonly text: string
}

export interface BoardEvents {
  added: Note
}

interface Board {
  readonly channel: Channel<BoardEvents>
  readonly notes: Note[]
}

// A bundler may put this module into several chunks; the process has one board.
const shared = globalThis as { board?: Board }
shared.board ??= { channel: createChannel<BoardEvents>(), notes: [] }
export const board: Board = shared.board

export function add(text: string): void {
  const note = { id: board.notes.length + 1, text }
  board.notes.push(note)
  board.channel.publish('added', note)
}

/** The state that a page shows, and the cursor where its subscription begins. The cursor is read first, then the state. */
export async function boardForPage(): Promise<{ cursor: Cursor; notes: readonly Note[] }> {
  const cursor = await board.channel.cursor()
  return { cursor, notes: [...board.notes] }
}
