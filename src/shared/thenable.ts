/** Whether a value has to be awaited. `instanceof Promise` would miss promises of other realms and libraries. */
export function isThenable<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
