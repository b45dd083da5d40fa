// The type that arrives is what JSON makes of the type that was sent, for every kind of value.
import { defineEvents, type Jsonify, type Received } from 'eventwire'
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
    expectTypeOf<Jsonify<SupabaseJson>>().toEqualTypeOf<SupabaseJson>()
    expectTypeOf<Jsonify<JsonValue>>().toEqualTypeOf<JsonValue>()
    expectTypeOf<Jsonify<SdkValue>>().toEqualTypeOf<SdkValue>()
    expectTypeOf<Jsonify<Nested>>().toEqualTypeOf<Nested>()
  })

  it('stays itself as a member beside one that changes', () => {
    interface Row {
      meta: SupabaseJson
      extra?: JsonValue
      at: Date
    }
    expectTypeOf<Jsonify<Row>>().toEqualTypeOf<{ meta: SupabaseJson; extra?: JsonValue; at: string }>()
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
    type Arrived = Jsonify<Comment>
    expectTypeOf<Arrived['at']>().toEqualTypeOf<string>()
    expectTypeOf<Arrived['replies'][number]['replies'][number]['at']>().toEqualTypeOf<string>()
  })
})

describe('an array', () => {
  it('writes null for what JSON has no form for', () => {
    expectTypeOf<Jsonify<(number | undefined)[]>>().toEqualTypeOf<(number | null)[]>()
    expectTypeOf<Jsonify<(string | (() => void))[]>>().toEqualTypeOf<(string | null)[]>()
    expectTypeOf<Jsonify<readonly (Date | undefined)[]>>().toEqualTypeOf<readonly (string | null)[]>()
    expectTypeOf<Jsonify<symbol[]>>().toEqualTypeOf<null[]>()
    expectTypeOf<Jsonify<[string, number | undefined]>>().toEqualTypeOf<[string, number | null]>()
  })

  it('keeps what it is made of otherwise', () => {
    expectTypeOf<Jsonify<readonly string[]>>().toEqualTypeOf<readonly string[]>()
    expectTypeOf<Jsonify<[id: number, name?: string]>>().toEqualTypeOf<[id: number, name?: string]>()
    expectTypeOf<Jsonify<[Date, ...number[]]>>().toEqualTypeOf<[string, ...number[]]>()
    expectTypeOf<Jsonify<unknown[]>>().toEqualTypeOf<unknown[]>()
    expectTypeOf<Jsonify<any[]>>().toEqualTypeOf<any[]>()
  })
})

describe('an object', () => {
  it('loses functions and classes, which are functions', () => {
    expectTypeOf<Jsonify<{ make: new () => object; n: 1 }>>().toEqualTypeOf<{ n: 1 }>()
    expectTypeOf<Jsonify<{ call: Function; n: 1 }>>().toEqualTypeOf<{ n: 1 }>()
    class Point {
      x = 1
      static origin = new Point()
      length(): number {
        return this.x
      }
    }
    expectTypeOf<Jsonify<Point>>().toEqualTypeOf<{ x: number }>()
    expectTypeOf<Jsonify<{ kind: typeof Point; at: Point }>>().toEqualTypeOf<{ at: { x: number } }>()
  })

  it('keeps members of type any and unknown as they are', () => {
    expectTypeOf<Jsonify<{ raw: any; more: unknown; at: Date }>>().toEqualTypeOf<{
      raw: any
      more: unknown
      at: string
    }>()
  })

  it('has the image of each member, and optional ones stay optional', () => {
    expectTypeOf<Jsonify<{ at?: Date; n: number | undefined }>>().toEqualTypeOf<{ at?: string; n?: number }>()
  })
})

describe('bytes, collections, and other objects of the language', () => {
  it('arrive as JSON writes them', () => {
    expectTypeOf<Jsonify<Uint8Array>>().toEqualTypeOf<{ [index: number]: number }>()
    expectTypeOf<Jsonify<Float64Array>>().toEqualTypeOf<{ [index: number]: number }>()
    expectTypeOf<Jsonify<{ bytes: Uint8Array }>>().toEqualTypeOf<{ bytes: { [index: number]: number } }>()
    expectTypeOf<Jsonify<DataView>>().toEqualTypeOf<{}>()
    expectTypeOf<Jsonify<ArrayBuffer>>().toEqualTypeOf<{}>()
    expectTypeOf<Jsonify<Map<string, Date>>>().toEqualTypeOf<{}>()
    expectTypeOf<Jsonify<RegExp>>().toEqualTypeOf<{}>()
    expectTypeOf<Jsonify<URL>>().toEqualTypeOf<string>()
    expectTypeOf<Jsonify<Buffer>>().toEqualTypeOf<{ type: 'Buffer'; data: number[] }>()
  })

  it('never arrive where JSON refuses them', () => {
    expectTypeOf<Jsonify<bigint>>().toEqualTypeOf<never>()
    expectTypeOf<Jsonify<BigInt64Array>>().toEqualTypeOf<never>()
  })
})
