type Kept = string | number | boolean | null | undefined | void
type Dropped = undefined | void | symbol | ((...args: never[]) => unknown)
type Emptied = ReadonlyMap<any, any> | ReadonlySet<any>

/**
 * The type of `JSON.parse(JSON.stringify(value))`: the same type when it is JSON already, otherwise its JSON image
 * (`Date` becomes `string`, methods and `undefined` members are dropped).
 *
 * @example
 * import type { JsonOf } from 'eventwire'
 *
 * const order = { id: 1, at: new Date(0), total: () => 12 }
 * const arrived: JsonOf<typeof order> = JSON.parse(JSON.stringify(order)) // { id: number; at: string }
 * console.log(arrived.at.slice(0, 10)) // -> 1970-01-01
 */
export type JsonOf<T> = [T] extends [IsJson<T>] ? ([IsJson<T>] extends [T] ? T : JsonImage<T>) : JsonImage<T>

type IsJson<T> = unknown extends T
  ? unknown
  : T extends Kept
    ? T
    : T extends Dropped | bigint | Emptied | { toJSON(...args: never[]): unknown }
      ? never
      : {
          [Key in keyof T]: Key extends symbol
            ? never
            : undefined extends T[Key]
              ? {} extends Pick<T, Key>
                ? IsJson<T[Key]>
                : never
              : IsJson<T[Key]>
        }

type JsonImage<T> = unknown extends T
  ? T
  : T extends Kept
    ? T
    : T extends { toJSON(...args: never[]): infer Value }
      ? JsonImage<Value>
      : T extends Dropped | bigint
        ? never
        : T extends Emptied
          ? {}
          : T extends readonly unknown[]
            ? { [Index in keyof T]: T[Index] extends Dropped ? null : JsonImage<T[Index]> }
            : Flat<RequiredMembers<T> & OptionalMembers<T>>

/** Members that can never be dropped stay required. */
type RequiredMembers<T> = {
  [Key in keyof T as Key extends symbol ? never : Extract<T[Key], Dropped> extends never ? Key : never]: JsonImage<
    T[Key]
  >
}
/** Members that may be dropped become optional; members that always are, go. */
type OptionalMembers<T> = {
  [Key in keyof T as Key extends symbol
    ? never
    : Extract<T[Key], Dropped> extends never
      ? never
      : [T[Key]] extends [Dropped]
        ? never
        : Key]?: JsonImage<Exclude<T[Key], Dropped>>
}
type Flat<T> = T extends infer Shape ? { [Key in keyof Shape]: Shape[Key] } : never
