/** A tRPC router with one subscription, served as its documentation advises: the standalone adapter, ids by `tracked()`. */
import { EventEmitter, on } from 'node:events'
import type { RequestListener } from 'node:http'
import { type AnyRouter, initTRPC, tracked } from '@trpc/server'

export const PATH = '/notes'

const t = initTRPC.create()

interface Note {
  readonly n: number
}

/** Each client has an iterator over the events of one emitter. */
export function broadcasting() {
  const emitter = new EventEmitter().setMaxListeners(0)
  let clients = 0
  const router = t.router({
    notes: t.procedure.subscription(async function* ({ signal }) {
      const events = on(emitter, 'note', { signal: signal! })
      clients++
      try {
        for await (const [note] of events as AsyncIterable<[Note]>) yield tracked(String(note.n), note)
      } finally {
        clients--
      }
    }),
  })
  return { router, size: () => clients, publish: (note: Note) => void emitter.emit('note', note) }
}

/** One client, fed by the generator itself, which the stream pulls. */
export function pulled(payload: (n: number) => Note) {
  let order: (count: number) => void = () => {}
  const router = t.router({
    notes: t.procedure.subscription(async function* ({ signal }) {
      while (!signal!.aborted) {
        const count = await new Promise<number>((resolve) => {
          order = resolve
        })
        for (let n = 0; n < count; n++) yield payload(n)
      }
    }),
  })
  return { router, send: async (count: number) => order(count) }
}

export async function listener(router: AnyRouter): Promise<RequestListener> {
  const { createHTTPHandler } = await import('@trpc/server/adapters/standalone')
  return createHTTPHandler({ router })
}
