'use client'

import { subscribe } from 'eventwire/client'
import { useEffect, useState } from 'react'
import type { BoardEvents, Note } from '../../../board.ts'

export function Notes({ cursor, notes: rendered }: { cursor: string; notes: readonly Note[] }) {
  const [added, setAdded] = useState<readonly Note[]>([])
  useEffect(() => {
    setAdded([]) // React runs an effect twice in development, and what follows the cursor comes again
    const subscription = subscribe<BoardEvents>('/board/events', { lastEventId: cursor })
    subscription.on('added', (note) => setAdded((added) => [...added, note]))
    subscription.onGap(() => location.reload())
    return subscription.close
  }, [cursor])
  return (
    <ul>
      {[...rendered, ...added].map(({ id, text }) => (
        <li key={id}>{text}</li>
      ))}
    </ul>
  )
}
