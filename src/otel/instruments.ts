import type { AttributesLike, MeterLike, ObservableCallbackLike, ObservableLike } from './api.ts'
import type { Guard } from './guard.ts'

/** Reports a value when metrics are collected. */
export type Observe = (value: number, attributes?: AttributesLike) => void

/** Adds or records a value; `channel` is the one concerned. */
type Add = (value: number, attributes?: AttributesLike, channel?: object) => void

/** Creates the metrics of a meter, as functions that never throw. */
export class Instruments {
  readonly #meter: MeterLike
  readonly #guard: Guard
  readonly #stops: (() => void)[] = []

  constructor(meter: MeterLike, guard: Guard) {
    this.#meter = meter
    this.#guard = guard
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
  }

  counter(name: string, unit: string, description: string): Add {
    const counter = this.#guard.call(name, () => this.#meter.createCounter(name, { unit, description }))
    return (value, attributes, channel) => this.#guard.call(name, () => counter?.add(value, attributes), channel)
  }

  /** Takes its sum back when it stops, so that it can be created again on the same meter. */
  upDown(name: string, unit: string, description: string): Add {
    const counter = this.#guard.call(name, () => this.#meter.createUpDownCounter(name, { unit, description }))
    let sum = 0
    const add = (value: number) => {
      sum += value
      this.#guard.call(name, () => counter?.add(value))
    }
    this.#stops.push(() => add(-sum))
    return add
  }

  histogram(name: string, description: string, explicitBucketBoundaries: number[]): Add {
    const options = { unit: 's', description, advice: { explicitBucketBoundaries } }
    const histogram = this.#guard.call(name, () => this.#meter.createHistogram(name, options))
    return (value, attributes, channel) => this.#guard.call(name, () => histogram?.record(value, attributes), channel)
  }

  /** A counter whose value is read when metrics are collected. */
  total(name: string, unit: string, description: string, read: (observe: Observe) => void): void {
    this.#observe(name, read, () => this.#meter.createObservableCounter(name, { unit, description }))
  }

  gauge(name: string, unit: string, description: string, read: (observe: Observe) => void): void {
    this.#observe(name, read, () => this.#meter.createObservableGauge(name, { unit, description }))
  }

  totalByChannel(name: string, description: string): (attributes: AttributesLike, value: number) => void {
    const totals = new Map<string | undefined, { attributes: AttributesLike; value: number }>()
    this.total(name, '{event}', description, (observe) => {
      for (const { value, attributes } of totals.values()) observe(value, attributes)
    })
    return (attributes, value) => {
      const key = attributes['eventwire.channel.name'] as string | undefined
      const total = totals.get(key)
      if (total === undefined) totals.set(key, { attributes, value })
      else total.value += value
    }
  }

  #observe(name: string, read: (observe: Observe) => void, create: () => ObservableLike): void {
    const callback: ObservableCallbackLike = (result) =>
      void this.#guard.call(name, () => read((value, attributes) => result.observe(value, attributes)))
    this.#guard.call(name, () => {
      const observable = create()
      observable.addCallback(callback)
      this.#stops.push(() => this.#guard.call(name, () => observable.removeCallback(callback)))
    })
  }
}
