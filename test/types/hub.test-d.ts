// The types that a hub infers from an event map, and the calls that they refuse.
import { describe, expectTypeOf, it } from 'vitest'
import { createHub, type Hub, type HubState } from '../../src/client/hub/index.ts'
import type { Listenable } from '../../src/client/index.ts'
import { defineEvents, json, text } from '../../src/index.ts'

interface AppEvents {
  changed: { order: number; at: Date }
  done: undefined
}

const hub = {} as Hub<AppEvents>

describe('a hub', () => {
  it('delivers what the map says', () => {
    hub.topics?.('orders/7').on('changed', (data, event) => {
      expectTypeOf(data).branded.toEqualTypeOf<{ order: number; at: string }>()
      expectTypeOf(event.topics).toEqualTypeOf<readonly string[] | undefined>()
    })
    const show = (source: Listenable<{ changed: { order: number; at: Date } }>) => source
    expectTypeOf(show).toBeCallableWith(hub.topics?.('orders/7'))
  })

  it('says in the state what the connection is shared with', () => {
    expectTypeOf<HubState['share']>().toEqualTypeOf<'page' | 'tabs'>()
    expectTypeOf(hub.topics?.('a').state.get()).toEqualTypeOf<HubState>()
  })

  it('takes a map with codecs, and asks for it', () => {
    const events = defineEvents({ note: text(), changed: json<{ order: number }>() })
    const create = () => createHub<typeof events>((topics) => `/events?topics=${topics}`, { events })
    expectTypeOf(create).returns.toEqualTypeOf<Hub<typeof events>>()
    // @ts-expect-error the codecs exist at run time only
    const without = () => createHub<typeof events>((topics) => `/events?topics=${topics}`)
    expectTypeOf(without).toBeFunction()
  })

  it('refuses names, topics and options that are none', () => {
    // @ts-expect-error there is no such event
    const unknown = () => hub.topics('a').on('chnaged', () => {})
    // @ts-expect-error a topic is a string
    const number = () => hub.topics(7)
    // @ts-expect-error a hub connects when it has topics
    const lazy = () => createHub((topics) => `/events?topics=${topics}`, { lazy: true })
    // @ts-expect-error a URL is not enough: it depends on the topics
    const url = () => createHub('/events')
    expectTypeOf([unknown, number, lazy, url]).toBeArray()
  })
})
