/** One error class: a code to switch on, evidence as fields, a guard that holds across copies and realms. */
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { EventwireError, isEventwireError } from '../../src/shared/errors.ts'

describe('EventwireError', () => {
  it('has its code, its message and the fields that it was given, and no others', () => {
    const error = new EventwireError('http-status', 'the text', { status: 503, url: 'http://127.0.0.1/' })
    expect(error).toBeInstanceOf(Error)
    expect({ ...error }).toEqual({ code: 'http-status', status: 503, url: 'http://127.0.0.1/' })
    expect(String(error)).toBe('EventwireError: the text')
    expect(error.stack).toContain('errors.test.ts')
  })

  it('keeps the original as its cause, also when that is undefined', () => {
    const cause = new TypeError('network')
    expect(new EventwireError('network', '', { cause }).cause).toBe(cause)
    expect('cause' in new EventwireError('network', '')).toBe(false)
    expect('cause' in new EventwireError('network', '', { cause: undefined })).toBe(true)
  })
})

describe('isEventwireError', () => {
  it('knows one of this copy', () => {
    expect(isEventwireError(new EventwireError('closed', ''))).toBe(true)
  })

  it('knows one of another copy of the package, where instanceof fails', async () => {
    const url = new URL('../../src/shared/errors.ts?copy', import.meta.url).href
    const copy: typeof import('../../src/shared/errors.ts') = await import(/* @vite-ignore */ url)
    const error = new copy.EventwireError('closed', '')
    expect(error).not.toBeInstanceOf(EventwireError)
    expect(isEventwireError(error)).toBe(true)
  })

  it('knows one of another realm', () => {
    const error: unknown = runInNewContext(`
      class EventwireError extends Error { code = 'closed' }
      EventwireError.prototype.name = 'EventwireError'
      new EventwireError('from elsewhere')
    `)
    expect(error).not.toBeInstanceOf(Error)
    expect(isEventwireError(error) && error.code).toBe('closed')
  })

  it.each([
    undefined,
    null,
    'EventwireError',
    7,
    {},
    new Error('EventwireError'),
    { name: 'EventwireError' },
    { code: 'closed' },
    Object.assign(new Error(''), { code: 'ENOENT' }),
  ])('knows that %s is none', (value) => {
    expect(isEventwireError(value)).toBe(false)
  })
})
