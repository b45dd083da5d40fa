/**
 * The names of what a stream does for other parts of the server; `Stream` says what each is. They are symbols, so that the object in a
 * user's hands has the documented members only, at no cost in memory or speed.
 */

export const abandon: unique symbol = Symbol()
export const attach: unique symbol = Symbol()
export const awaitRoom: unique symbol = Symbol()
export const begin: unique symbol = Symbol()
export const deliver: unique symbol = Symbol()
export const encoderFor: unique symbol = Symbol()
export const fail: unique symbol = Symbol()
export const finish: unique symbol = Symbol()
export const flush: unique symbol = Symbol()
export const hasRoom: unique symbol = Symbol()
export const isOpen: unique symbol = Symbol()
export const newSharedWrites: unique symbol = Symbol()
export const onDetached: unique symbol = Symbol()
export const onDrained: unique symbol = Symbol()
export const onSilence: unique symbol = Symbol()
export const onTimeout: unique symbol = Symbol()
export const settings: unique symbol = Symbol()
