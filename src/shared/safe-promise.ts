/**
 * A promise that need not be awaited: a rejection is reported elsewhere, or there is none, so it is never unhandled. It is a
 * `Promise` in all but name, so that a linter does not ask for it to be handled.
 */
export interface SafePromise<Value> extends PromiseLike<Value> {
  then<Fulfilled = Value, Rejected = never>(
    onFulfilled?: ((value: Value) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: any) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected>
  catch<Rejected = never>(
    onRejected?: ((reason: any) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Value | Rejected>
  finally(onFinally?: (() => void) | null): Promise<Value>
  readonly [Symbol.toStringTag]: string
}
