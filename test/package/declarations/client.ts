// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { eventSourceTransport, type FetchLike, readEvents, subscribe } from 'eventwire/client'

export interface AppEvents {
  joined: { user: string; at: Date }
  done: undefined
}

export const untyped = subscribe('/sse')
export const subscription = subscribe<AppEvents>('/sse')
export const { on, onAny, once, onGap, onError, onComment, events, state, closed, opened, close } = subscription
export const spread = { ...subscription }
export const next = subscription.once('joined')
export const loop = subscription.events('joined', 'done')
export const all = readEvents<AppEvents>(new Response())
export const any = readEvents(new Response())
export const transport = eventSourceTransport
export const listen = (listener: Parameters<typeof subscription.onAny>[0]) => subscription.onAny(listener)
export function useEvents() {
  return { subscription, next: () => subscription.once('done'), latest: subscription.state.get() }
}
export function useSubscription<Events extends object>(url: string) {
  const opened = subscribe<Events>(url, {} as never)
  return { opened, on: opened.on, once: opened.once, onAny: opened.onAny, events: opened.events }
}
export const withToken = (fetch: FetchLike) => (url: string, init: Parameters<FetchLike>[1]) =>
  fetch(url, { ...init, headers: { ...init.headers, authorization: 'Bearer token' } })
