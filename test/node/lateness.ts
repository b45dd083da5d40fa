// The time that a busy machine takes from a process, so that a measurement can leave it out.

/** From and until, as `Date.now()` counts. */
export type Interval = readonly [from: number, until: number]

const TICK = 5
/** Timers have this resolution. */
const LEAST = 2

/**
 * Notes when a timer of this process is late, less the time for which the process ran itself: a process that blocks itself is not late.
 * Does not keep the process alive.
 *
 * @returns the intervals so far, in order; they grow.
 */
export function watchLateness(): readonly Interval[] {
  const intervals: Interval[] = []
  let [last, worked] = [performance.now(), workedFor()]
  setInterval(() => {
    const [now, work] = [performance.now(), workedFor()]
    const late = now - last - TICK - (work - worked)
    if (late >= LEAST) intervals.push([Date.now() - late, Date.now()])
    last = now
    worked = work
  }, TICK).unref()
  return intervals
}

/** The milliseconds for which this thread has run. */
function workedFor(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** The milliseconds between two times that are in any of the intervals, which are in order. */
export function lateBetween(from: number, until: number, intervals: readonly Interval[]): number {
  let [late, counted] = [0, from]
  for (const [begin, end] of intervals) {
    const [start, stop] = [Math.max(begin, counted), Math.min(end, until)]
    if (stop <= start) continue
    late += stop - start
    counted = stop
  }
  return late
}
