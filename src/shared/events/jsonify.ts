/** Values that JSON carries as they are; `undefined` alone is an event without a payload. */
type Plain = string | number | boolean | null | undefined | void
/** JSON leaves these out of an object and writes `null` for them in an array. `Function` covers classes, too. */
type Absent = undefined | void | symbol | Function
/** Objects that have no members of their own to write. */
type Memberless = ReadonlyMap<any, any> | ReadonlySet<any> | RegExp | ArrayBufferLike
/** Values that JSON changes or refuses as a whole. */
type Changed = bigint | Memberless | ArrayBufferView | { toJSON(...args: never[]): unknown }

/**
 * The type of `JSON.parse(JSON.stringify(value))`: the type itself when it is JSON already, its image otherwise. A `Date`
 * becomes a `string`, methods and `undefined` members are left out, and `undefined` in an array becomes `null`.
 *
 * @example
 * import type { Jsonify } from 'eventwire'
 *
 * const order = { id: 1, at: new Date(0), total: () => 12 }
 * const arrived: Jsonify<typeof order> = JSON.parse(JSON.stringify(order)) // { id: number; at: string }
 * console.log(arrived.at.slice(0, 10)) // -> 1970-01-01
 */
export type Jsonify<T> = Image<T, never>

/** Stands where JSON has no form for a value at all. An interface, because a symbol is assignable to `symbol`. */
interface Unsendable {
  readonly '~unsendable': never
}

/** As `Jsonify`, but a value without a form in JSON, such as a bigint, is no longer assignable to its own type. */
export type StrictJsonify<T> = Image<T, Unsendable>

/** Both ways, so that the same members in another form, such as `readonly`, still count as the same type. */
type Image<T, Lost> = [T] extends [Unchanged<T>]
  ? [Unchanged<T>] extends [T]
    ? T
    : ChangedImage<T, Lost>
  : ChangedImage<T, Lost>

/** `T` with `never` at each place that JSON changes. Arrays have their own case: the compiler maps an array eagerly, which never ends for a recursive one. */
type Unchanged<T> = unknown extends T
  ? unknown
  : T extends Plain
    ? T
    : T extends Absent | Changed
      ? never
      : T extends readonly (infer Item)[]
        ? Item[] extends T
          ? T extends unknown[]
            ? UnchangedItem<Item>[]
            : readonly UnchangedItem<Item>[]
          : { [Index in keyof T]: UnchangedMember<T, Index> }
        : { [Key in keyof T]: Key extends symbol ? never : UnchangedMember<T, Key> }

type UnchangedItem<Item> = unknown extends Item ? unknown : undefined extends Item ? never : Unchanged<Item>

/** A member may be `undefined` only where it may be missing as well. */
type UnchangedMember<T, Key extends keyof T> = undefined extends T[Key]
  ? {} extends Pick<T, Key>
    ? Unchanged<T[Key]>
    : never
  : Unchanged<T[Key]>

type ChangedImage<T, Lost> = unknown extends T
  ? T
  : T extends Plain
    ? T
    : T extends { toJSON(...args: never[]): infer Value }
      ? Image<Value, Lost>
      : T extends Absent | bigint
        ? Lost
        : T extends ArrayBufferView
          ? BytesImage<T, Lost>
          : T extends Memberless
            ? {}
            : T extends readonly (infer Item)[]
              ? Item[] extends T
                ? T extends unknown[]
                  ? ItemImage<Item, Lost>[]
                  : readonly ItemImage<Item, Lost>[]
                : { [Index in keyof T]: ElementImage<T, Index, Lost> }
              : Flat<RequiredMembers<T, Lost> & OptionalMembers<T, Lost>>

/** A typed array is an object with its indices as keys; a `DataView` has none. */
type BytesImage<View, Lost> = View extends { readonly [index: number]: infer Element }
  ? [Element] extends [number]
    ? { [index: number]: number }
    : Lost
  : {}

type ItemImage<Item, Lost> = Image<Exclude<Item, Absent>, Lost> | (Extract<Item, Absent> extends never ? never : null)

/** An optional element that is missing makes the tuple shorter; one that is `undefined` becomes `null`. */
type ElementImage<Tuple, Index extends keyof Tuple, Lost> =
  {} extends Pick<Tuple, Index> ? Image<Exclude<Tuple[Index], undefined>, Lost> : ItemImage<Tuple[Index], Lost>

/** Members that are never left out stay required. */
type RequiredMembers<T, Lost> = {
  [Key in keyof T as Key extends symbol ? never : Extract<T[Key], Absent> extends never ? Key : never]: Image<
    T[Key],
    Lost
  >
}
/** Members that may be left out become optional; members that always are disappear. */
type OptionalMembers<T, Lost> = {
  [Key in keyof T as Key extends symbol
    ? never
    : Extract<T[Key], Absent> extends never
      ? never
      : [T[Key]] extends [Absent]
        ? never
        : Key]?: Image<Exclude<T[Key], Absent>, Lost>
}
type Flat<T> = T extends infer Shape ? { [Key in keyof Shape]: Shape[Key] } : never
