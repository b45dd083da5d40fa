// The map types the received events, in every way to listen.
import { defineEvents, json, type OptionsFor, type Received, text } from 'eventwire'
import {
  type CloseInfo,
  type FetchLike,
  type Listenable,
  type RetryContext,
  readEvents,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionState,
  subscribe,
} from 'eventwire/client'
import * as undici from 'undici'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

interface AppEvents {
  ping: { time: string }
  joined: { user: string; at: Date }
  done: undefined
}
type Union =
  | { readonly type: 'ping'; readonly data: { time: string }; readonly id: string; readonly topics?: Topics }
  | {
      readonly type: 'joined'
      readonly data: { user: string; at: string }
      readonly id: string
      readonly topics?: Topics
    }
  | { readonly type: 'done'; readonly data: undefined; readonly id: string; readonly topics?: Topics }
type Topics = readonly string[] | undefined

const subscription = {} as Subscription<AppEvents>

describe('subscribe', () => {
  it('takes an interface, a type, or nothing', () => {
    expectTypeOf(subscribe<AppEvents>).returns.toEqualTypeOf<Subscription<AppEvents>>()
    expectTypeOf(subscribe).parameter(0).toExtend<unknown>()
  })

  it('infers the map from `events`, and hands over the output of a schema', () => {
    const events = defineEvents({
      amount: z.object({ value: z.string().transform(Number) }),
      note: text(),
      at: json<Date>(),
    })
    const infer = () => subscribe('https://example.com', { events })
    type Inferred = ReturnType<typeof infer>
    const inferred = {} as Inferred
    inferred.on?.('amount', ({ value }) => expectTypeOf(value).toEqualTypeOf<number>())
    inferred.on?.('note', (note) => expectTypeOf(note).toEqualTypeOf<string>())
    inferred.on?.('at', (at) => expectTypeOf(at).toEqualTypeOf<string>())
  })
})

describe('a listener', () => {
  it('gets the payload as JSON makes it, and the event', () => {
    subscription.on?.('joined', (data, event) => {
      expectTypeOf(data.at).toEqualTypeOf<string>()
      expectTypeOf(event.type).toEqualTypeOf<'joined'>()
    })
  })

  it('of all events gets a union that its type discriminates', () => {
    subscription.onAny?.((event) => {
      expectTypeOf(event).branded.toEqualTypeOf<Union>()
      if (event.type === 'ping') expectTypeOf(event.data.time).toEqualTypeOf<string>()
    })
  })
})

describe('iteration', () => {
  it('yields the union, or the events that were named', async () => {
    const loop = async () => {
      for await (const event of subscription) expectTypeOf(event).branded.toEqualTypeOf<Union>()
      for await (const event of subscription.events('ping', 'done')) {
        expectTypeOf(event.type).toEqualTypeOf<'ping' | 'done'>()
      }
      for await (const event of readEvents<AppEvents>(new Response()))
        expectTypeOf(event).branded.toEqualTypeOf<Union>()
    }
    expectTypeOf(loop).returns.resolves.toBeVoid()
  })

  it('and once narrow to one event', () => {
    expectTypeOf(subscription.once<'ping'>)
      .returns.resolves.toHaveProperty('data')
      .toEqualTypeOf<{ time: string }>()
  })
})

describe('a component that needs some of the events', () => {
  it('takes a subscription that has them', () => {
    expectTypeOf<Subscription<AppEvents>>().toExtend<Listenable<{ ping: { time: string } }>>()
    expectTypeOf<Subscription<AppEvents>>().not.toExtend<Listenable<{ ping: number }>>()
    expectTypeOf<Subscription<AppEvents>>().not.toExtend<Subscription<{ ping: number }>>()
  })
})

describe('a Listenable', () => {
  interface Big {
    ping: string
    other: number
    at: Date
  }
  interface Small {
    ping: string
  }

  it('of many events is one of some of them', () => {
    expectTypeOf<Listenable<Big>>().toExtend<Listenable<Small>>()
    expectTypeOf<Subscription<Big>>().toExtend<Listenable<Small>>()
    // A subscription delivers every event to `onAny()`, so more events are not the same.
    expectTypeOf<Subscription<Big>>().not.toExtend<Subscription<Small>>()
    expectTypeOf<Listenable<Small>>().not.toExtend<Listenable<Big>>()
  })

  it('may be passed on with the same payloads, or with narrower ones', () => {
    expectTypeOf<Subscription<{ ping: 'a' }>>().toExtend<Subscription<{ ping: string }>>()
    expectTypeOf<Subscription<{ ping: string }>>().not.toExtend<Subscription<{ ping: 'a' }>>()
    const events = defineEvents({ ping: text(), other: json<number>() })
    expectTypeOf<Subscription<typeof events>>().toExtend<Subscription<{ ping: string; other: number }>>()
    expectTypeOf<Subscription<Big>>().toExtend<Listenable<{ at: string }>>()
  })

  it('that never gets an event says so', () => {
    subscribe<{ none: never; ping: string }>('https://example.com').on('none', (data) =>
      expectTypeOf(data).toEqualTypeOf<never>(),
    )
  })
})

describe('a function that passes options on', () => {
  it('takes the options that its map needs', () => {
    const connect = <Events extends object>(...options: OptionsFor<Events, SubscribeOptions<Events>>) =>
      subscribe<Events>('https://example.com', ...options)
    const events = defineEvents({ note: text() })
    expectTypeOf(connect<AppEvents>).returns.toEqualTypeOf<Subscription<AppEvents>>()
    expectTypeOf(connect<AppEvents>).parameters.toEqualTypeOf<[options?: SubscribeOptions<AppEvents> | undefined]>()
    const infer = () => connect({ events, maxEventSize: 5 })
    expectTypeOf<ReturnType<typeof infer>>().toEqualTypeOf<Subscription<typeof events>>()
    // @ts-expect-error the map is missing
    connect<typeof events>()
  })

  it('needs nothing for payloads of type any, or for any map at all', () => {
    subscribe<{ ping: any }>('https://example.com')
    subscribe<any>('https://example.com')
    subscribe('https://example.com', undefined)
  })
})

describe('an interface over a map', () => {
  it('is the map under a shorter name', () => {
    const defined = defineEvents({ joined: json<{ user: string }>(), note: text() })
    interface Named extends Readonly<typeof defined> {}
    const events: Named = defined
    const infer = () => subscribe('https://example.com', { events })
    expectTypeOf<ReturnType<typeof infer>>().toEqualTypeOf<Subscription<Named>>()
    expectTypeOf<Received<Named, 'joined'>>().toEqualTypeOf<{ user: string }>()
  })
})

describe('options', () => {
  it('take the fetch of undici, a wrapper around it, and the global one', () => {
    expectTypeOf(undici.fetch).toExtend<FetchLike>()
    expectTypeOf(fetch).toExtend<FetchLike>()
    const dispatcher = {} as undici.Dispatcher
    expectTypeOf((url: string, init: Parameters<FetchLike>[1]) =>
      undici.fetch(url, { ...init, dispatcher }),
    ).toExtend<FetchLike>()
    const read = async () => readEvents<AppEvents>(await undici.fetch('https://example.com'))
    expectTypeOf(read).returns.resolves.toExtend<AsyncIterable<Union>>()
  })

  it('take headers that may be undefined, or absent in one case', () => {
    const token = undefined as string | undefined
    subscribe<AppEvents>?.('https://example.com', { headers: { Authorization: token }, lazy: true })
    subscribe<AppEvents>?.('https://example.com', {
      headers: () => (token ? { Authorization: token } : {}),
      lazy: true,
    })
  })

  it('give a retry function the floor', () => {
    expectTypeOf<RetryContext>().toHaveProperty('floor').toEqualTypeOf<number>()
  })
})

describe('closed', () => {
  it('has an error exactly where there is one, and an end where the server ended it', () => {
    const closed = {} as CloseInfo
    if (closed.reason === 'fatal' || closed.reason === 'exhausted') expectTypeOf(closed.error.code).toBeString()
    if (closed.reason === 'server') expectTypeOf(closed.end).toEqualTypeOf<'no-content' | 'final' | 'complete'>()
    const state = {} as SubscriptionState
    if (state.status === 'closed' && state.reason === 'fatal') expectTypeOf(state.error.message).toBeString()
    if (state.status === 'paused') {
      expectTypeOf(state.reason).toEqualTypeOf<'manual' | 'hidden' | 'frozen' | 'idle'>()
    }
  })
})
