import type { QueryClient } from '@tanstack/query-core'
import type { Subscription } from 'eventwire/client'

export interface AppEvents {
  order: { id: string; state: 'placed' | 'packed' | 'sent' }
  catalogue: undefined
}

/** Keeps the queries of a page fresh until the returned undo is called. */
export function followOrders(queries: QueryClient, subscription: Subscription<AppEvents>): () => void {
  const undo = [
    subscription.on('order', (order) => queries.setQueryData(['order', order.id], order)),
    subscription.on('catalogue', () => void queries.invalidateQueries({ queryKey: ['catalogue'] })),
    subscription.onGap(() => void queries.invalidateQueries()),
  ]
  return () => {
    for (const each of undo) each()
  }
}
