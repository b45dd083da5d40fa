/**
 * The Standard Schema interface, version 1, as far as Eventwire reads it: restated here, as its authors invite, so that
 * no package has to be installed for it. Zod, Valibot, ArkType and many others implement it.
 *
 * @example
 * import { defineEvents, isEventwireError, type StandardSchemaV1 } from 'eventwire'
 * import { createStream } from 'eventwire/server'
 *
 * const size: StandardSchemaV1<number> = {
 *   '~standard': {
 *     version: 1,
 *     vendor: 'own',
 *     validate: (value) => (Number(value) > 0 ? { value: Number(value) } : { issues: [{ message: 'not above 0' }] }),
 *   },
 * }
 * const stream = createStream(undefined, { events: defineEvents({ size }) })
 * try {
 *   stream.send('size', -1)
 * } catch (error) {
 *   if (isEventwireError(error)) console.log(error.code) // -> payload-rejected
 * }
 *
 * @see https://standardschema.dev
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown, ...rest: any[]) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** The result of a schema: the value, or the issues that it found. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<SchemaIssue> }

/** One thing that is wrong with a value, and where. */
export interface SchemaIssue {
  /** A description of the issue, in words. */
  readonly message: string
  /** The keys that lead to it; none when it is the value itself. */
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}
