/** The attributes of a measurement or a span. */
export type AttributesLike = Record<string, string | number | boolean>

/** The description and the unit of a metric. */
export interface MetricOptionsLike {
  readonly description?: string
  readonly unit?: string
  readonly advice?: { explicitBucketBoundaries?: number[] }
}

/** A callback that is asked for values when metrics are collected. */
export type ObservableCallbackLike = (result: {
  observe(value: number, attributes?: AttributesLike): void
}) => void | Promise<void>

/** A metric whose values are asked for when metrics are collected. */
export interface ObservableLike {
  addCallback(callback: ObservableCallbackLike): void
  removeCallback(callback: ObservableCallbackLike): void
}

/** The part of OpenTelemetry's `Meter` that is used. A meter of `@opentelemetry/api` is one. */
export interface MeterLike {
  createCounter(name: string, options?: MetricOptionsLike): { add(value: number, attributes?: AttributesLike): void }
  createUpDownCounter(
    name: string,
    options?: MetricOptionsLike,
  ): { add(value: number, attributes?: AttributesLike): void }
  createHistogram(
    name: string,
    options?: MetricOptionsLike,
  ): { record(value: number, attributes?: AttributesLike): void }
  createObservableCounter(name: string, options?: MetricOptionsLike): ObservableLike
  createObservableGauge(name: string, options?: MetricOptionsLike): ObservableLike
}

/** The part of OpenTelemetry's `Span` that is used. */
export interface SpanLike {
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number }
  setAttribute(name: string, value: string): unknown
  setStatus(status: { code: number; message?: string }): unknown
  end(): void
}

/** The part of OpenTelemetry's `Tracer` that is used. A tracer of `@opentelemetry/api` is one. */
export interface TracerLike {
  startSpan(name: string, options?: { kind?: number; attributes?: AttributesLike }): SpanLike
}
