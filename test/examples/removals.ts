import type { Subscription } from 'eventwire/client'
import { type Mock, vi } from 'vitest'

/** The functions that remove the listeners added from now on. A library that ignores late events would hide that it still listens. */
export function removalsOf(subscription: Subscription<any>): Mock<() => void>[] {
  const removals: Mock<() => void>[] = []
  const { on } = subscription
  vi.spyOn(subscription, 'on').mockImplementation((...listener) => {
    const remove = vi.fn(on(...listener))
    removals.push(remove)
    return remove
  })
  return removals
}
