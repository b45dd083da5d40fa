// The reason decides which other members exist: the compiler knows it as soon as the reason is known.
import {
  type EventwireError,
  type EventwireErrorCode,
  type EventwireErrorOf,
  isEventwireError,
  type SchemaIssue,
} from 'eventwire'
import { type GapReason as ClientGapReason, type Gap, subscribe } from 'eventwire/client'
import { createChannel, type GapReason, type SubscribeResult } from 'eventwire/server'
import { createTestServer } from 'eventwire/testing'
import { describe, expectTypeOf, it } from 'vitest'

describe('a gap', () => {
  it('has the same reasons at both ends', () => {
    expectTypeOf<GapReason>().toEqualTypeOf<'trimmed' | 'epoch' | 'ahead' | 'malformed' | 'slow'>()
    expectTypeOf<ClientGapReason>().toEqualTypeOf<GapReason>()
    expectTypeOf<Gap['reason']>().toEqualTypeOf<GapReason>()
  })

  it('is written by the test kit with one of them', () => {
    const gap = async () => (await createTestServer().connection()).gap
    expectTypeOf(gap).returns.resolves.parameter(0).toEqualTypeOf<GapReason>()
  })
})

describe('a resumption', () => {
  it('has a reason when it is a gap, and only then', () => {
    const reasonOf = (resumption: SubscribeResult): string => {
      if (resumption.status === 'gap') {
        expectTypeOf(resumption.reason).toEqualTypeOf<GapReason>()
        return resumption.reason
      }
      expectTypeOf(resumption.reason).toEqualTypeOf<undefined>()
      return resumption.status
    }
    expectTypeOf(reasonOf).returns.toEqualTypeOf<string>()
  })
})

describe('an error', () => {
  const code = (error: EventwireErrorOf): string => {
    switch (error.code) {
      case 'http-status':
        expectTypeOf(error.status).toEqualTypeOf<number>()
        expectTypeOf(error.url).toEqualTypeOf<string>()
        expectTypeOf(error.body).toEqualTypeOf<string | undefined>()
        return `${error.status}`
      case 'payload-rejected':
        expectTypeOf(error.issues).toEqualTypeOf<readonly SchemaIssue[]>()
        return error.type
      case 'payload-not-decodable':
        expectTypeOf(error.raw).toEqualTypeOf<string>()
        return error.id
      default:
        expectTypeOf(error.status).toEqualTypeOf<number | undefined>()
        return error.code
    }
  }

  it('has the evidence of its code, where it is reported', () => {
    const subscription = subscribe('https://example.com')
    subscription.onError((error) => code(error))
    createChannel().onError((error) => code(error))
    subscribe('https://example.com', { retry: ({ error }) => (error.code === 'http-status' ? error.status : false) })
    subscription.onError((error: EventwireError) => error.message)
  })

  it('has it where it was caught', () => {
    const caught: unknown = undefined
    if (isEventwireError(caught)) {
      expectTypeOf(caught).toExtend<EventwireError>()
      expectTypeOf(code(caught)).toEqualTypeOf<string>()
      if (caught.code === 'redirect-failed') expectTypeOf(caught.headers).toEqualTypeOf<Headers>()
    }
  })

  it('may be one of some codes', () => {
    expectTypeOf<EventwireErrorOf<'http-status' | 'idle'>['code']>().toEqualTypeOf<'http-status' | 'idle'>()
    expectTypeOf<EventwireErrorOf['code']>().toEqualTypeOf<EventwireErrorCode>()
  })
})
