/** A promise and its resolver. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value | PromiseLike<Value>) => void
}

export function deferred<Value = void>(): Deferred<Value> {
  let resolve!: (value: Value | PromiseLike<Value>) => void
  const promise = new Promise<Value>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
