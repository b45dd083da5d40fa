// The type that arrives is what JSON makes of the type that was sent, for every kind of value.
import { defineEvents, type JsonOf, type Received } from 'eventwire'
import { subscribe } from 'eventwire/client'
import { createStream } from 'eventwire/server'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

/** As Supabase generates it. */
type SupabaseJson = string | number | boolean | null | { [key: string]: SupabaseJson | undefined } | SupabaseJson[]

/** As type-fest declares it. */
type JsonObject = { [Key in string]: JsonValue }
type JsonArray = JsonValue[] | readonly JsonValue[]
type JsonValue = string | number | boolean | null | JsonObject | JsonArray

/** As the AI SDK declares it. */
type SdkObject = { [key: string]: SdkValue | undefined }
type SdkValue = null | string | number | boolean | SdkObject | SdkValue[]

type Nested = number | Nested[]

interface Comment {
  text: string
  at: Date
  replies: Comment[]
}

describe('a recursive JSON type', () => {
  it('stays the very type', () => {
    expectTypeOf<JsonOf<SupabaseJson>>().toEqualTypeOf<SupabaseJson>()
    expectTypeOf<JsonOf<JsonValue>>().toEqualTypeOf<JsonValue>()
    expectTypeOf<JsonOf<SdkValue>>().toEqualTypeOf<SdkValue>()
    expectTypeOf<JsonOf<Nested>>().toEqualTypeOf<Nested>()
  })

  it('stays itself as a member beside one that changes', () => {
    interface Row {
      meta: SupabaseJson
      extra?: JsonValue
      at: Date
    }
    expectTypeOf<JsonOf<Row>>().toEqualTypeOf<{ meta: SupabaseJson; extra?: JsonValue; at: string }>()
  })

  it('is sent and received', () => {
    type Events = { row: SupabaseJson; value: JsonValue; tool: { input: SdkValue } }
    createStream<Events>().send('row', { id: 1, tags: ['a', null] })
    const listen = () => {
      const subscription = subscribe<Events>('/sse')
      subscription.on('row', (row) => expectTypeOf(row).toEqualTypeOf<SupabaseJson>())
      subscription.on('tool', ({ input }) => expectTypeOf(input).toEqualTypeOf<SdkValue>())
      subscription.onAny((event) => {
        if (event.type === 'value') expectTypeOf(event.data).toEqualTypeOf<JsonValue>()
      })
    }
    expectTypeOf(listen).returns.toBeVoid()
  })

  it('is a schema, too', () => {
    const events = defineEvents({ value: z.json(), row: z.object({ meta: z.json() }) })
    expectTypeOf<Received<typeof events, 'value'>>().toEqualTypeOf<z.infer<ReturnType<typeof z.json>>>()
    createStream(undefined, { events }).send('row', { meta: [1, { two: null }] })
  })

  it('with dates inside changes all the way down', () => {
    type Arrived = JsonOf<Comment>
    expectTypeOf<Arrived['at']>().toEqualTypeOf<string>()
    expectTypeOf<Arrived['replies'][number]['replies'][number]['at']>().toEqualTypeOf<string>()
  })
})

describe('an array', () => {
  it('writes null for what JSON has no form for', () => {
    expectTypeOf<JsonOf<(number | undefined)[]>>().toEqualTypeOf<(number | null)[]>()
    expectTypeOf<JsonOf<(string | (() => void))[]>>().toEqualTypeOf<(string | null)[]>()
    expectTypeOf<JsonOf<readonly (Date | undefined)[]>>().toEqualTypeOf<readonly (string | null)[]>()
    expectTypeOf<JsonOf<symbol[]>>().toEqualTypeOf<null[]>()
    expectTypeOf<JsonOf<[string, number | undefined]>>().toEqualTypeOf<[string, number | null]>()
  })

  it('keeps what it is made of otherwise', () => {
    expectTypeOf<JsonOf<readonly string[]>>().toEqualTypeOf<readonly string[]>()
    expectTypeOf<JsonOf<[id: number, name?: string]>>().toEqualTypeOf<[id: number, name?: string]>()
    expectTypeOf<JsonOf<[Date, ...number[]]>>().toEqualTypeOf<[string, ...number[]]>()
    expectTypeOf<JsonOf<unknown[]>>().toEqualTypeOf<unknown[]>()
    expectTypeOf<JsonOf<any[]>>().toEqualTypeOf<any[]>()
  })
})

describe('an object', () => {
  it('loses functions and classes, which are functions', () => {
    expectTypeOf<JsonOf<{ make: new () => object; n: 1 }>>().toEqualTypeOf<{ n: 1 }>()
    expectTypeOf<JsonOf<{ call: Function; n: 1 }>>().toEqualTypeOf<{ n: 1 }>()
    class Point {
      x = 1
      static origin = new Point()
      length(): number {
        return this.x
      }
    }
    expectTypeOf<JsonOf<Point>>().toEqualTypeOf<{ x: number }>()
    expectTypeOf<JsonOf<{ kind: typeof Point; at: Point }>>().toEqualTypeOf<{ at: { x: number } }>()
  })

  it('keeps members of type any and unknown as they are', () => {
    expectTypeOf<JsonOf<{ raw: any; more: unknown; at: Date }>>().toEqualTypeOf<{
      raw: any
      more: unknown
      at: string
    }>()
  })

  it('has the image of each member, and optional ones stay optional', () => {
    expectTypeOf<JsonOf<{ at?: Date; n: number | undefined }>>().toEqualTypeOf<{ at?: string; n?: number }>()
  })
})

describe('bytes, collections, and other objects of the language', () => {
  it('arrive as JSON writes them', () => {
    expectTypeOf<JsonOf<Uint8Array>>().toEqualTypeOf<{ [index: number]: number }>()
    expectTypeOf<JsonOf<Float64Array>>().toEqualTypeOf<{ [index: number]: number }>()
    expectTypeOf<JsonOf<{ bytes: Uint8Array }>>().toEqualTypeOf<{ bytes: { [index: number]: number } }>()
    expectTypeOf<JsonOf<DataView>>().toEqualTypeOf<{}>()
    expectTypeOf<JsonOf<ArrayBuffer>>().toEqualTypeOf<{}>()
    expectTypeOf<JsonOf<Map<string, Date>>>().toEqualTypeOf<{}>()
    expectTypeOf<JsonOf<RegExp>>().toEqualTypeOf<{}>()
    expectTypeOf<JsonOf<URL>>().toEqualTypeOf<string>()
    expectTypeOf<JsonOf<Buffer>>().toEqualTypeOf<{ type: 'Buffer'; data: number[] }>()
  })

  it('never arrive where JSON refuses them', () => {
    expectTypeOf<JsonOf<bigint>>().toEqualTypeOf<never>()
    expectTypeOf<JsonOf<BigInt64Array>>().toEqualTypeOf<never>()
  })
})
