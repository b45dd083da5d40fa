import type { Subscription } from 'eventwire/client'
import { type Mock, vi } from 'vitest'

/** The undo of every listener that is added from now on: a library that ignores late events would hide that it still listens. */
export function undosOf(subscription: Subscription<any>): Mock<() => void>[] {
  const undos: Mock<() => void>[] = []
  const { on } = subscription
  vi.spyOn(subscription, 'on').mockImplementation((...listener) => {
    const undo = vi.fn(on(...listener))
    undos.push(undo)
    return undo
  })
  return undos
}
