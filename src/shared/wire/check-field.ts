import { EventwireError, shown } from '../errors.ts'
import { byteLength } from './bytes.ts'
import { MAX_ID_BYTES } from './names.ts'

const FORGING = /[\r\n\0]/

/** Refuses a field that users must not send: of several lines, or with a reserved prefix. */
export function checkLine(field: string, value: string): void {
  checkOneLine(field, value)
  checkPrefix(field, value, /^sse:/)
}

export function checkPrefix(field: string, value: string, reserved: RegExp): void {
  const prefix = reserved.exec(value)?.[0]
  if (prefix) {
    throw new EventwireError(
      'invalid-field',
      `${field} ${shown(value)} starts with "${prefix}"; that prefix is reserved`,
    )
  }
}

/** The length decides nearly always: a unit of text is three bytes at most. */
export function checkId(id: string): void {
  checkLine('id', id)
  if (id.length * 3 > MAX_ID_BYTES && byteLength(id) > MAX_ID_BYTES) {
    throw new EventwireError(
      'invalid-field',
      `id ${shown(id)} has ${byteLength(id)} bytes; give at most ${MAX_ID_BYTES}`,
    )
  }
}

export function checkString(field: string, value: unknown): void {
  if (typeof value === 'string') return
  throw new EventwireError('invalid-field', `${field} is of type ${typeof value}; give a string`)
}

/** Refuses what would forge another line. */
export function checkOneLine(field: string, value: string): void {
  checkString(field, value)
  const found = FORGING.exec(value)
  if (found !== null) {
    const what = found[0] === '\0' ? 'NUL' : 'a line break'
    throw new EventwireError('invalid-field', `${field} ${shown(value)} contains ${what}; give one line without NUL`)
  }
}
