// A reason tells what else is there: the compiler knows it as soon as the reason is known.
import type { GapReason as ClientGapReason, Gap } from 'eventwire/client'
import type { GapReason, LogGap, Resumption } from 'eventwire/server'
import { createTestServer } from 'eventwire/testing'
import { describe, expectTypeOf, it } from 'vitest'

describe('a gap', () => {
  it('has the same reasons at both ends', () => {
    expectTypeOf<GapReason>().toEqualTypeOf<'trimmed' | 'epoch' | 'ahead' | 'malformed' | 'slow'>()
    expectTypeOf<ClientGapReason>().toEqualTypeOf<GapReason>()
    expectTypeOf<Gap['reason']>().toEqualTypeOf<GapReason>()
    expectTypeOf<LogGap | 'slow'>().toEqualTypeOf<GapReason>()
  })

  it('is written by the test kit with one of them', () => {
    const gap = async () => (await createTestServer().connection()).gap
    expectTypeOf(gap).returns.resolves.parameter(0).toEqualTypeOf<GapReason>()
  })
})

describe('a resumption', () => {
  it('has a reason when it is a gap, and only then', () => {
    const reasonOf = (resumption: Resumption): string => {
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
