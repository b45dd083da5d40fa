/** The name that was probably meant: the nearest one, if at most two letters differ; `undefined` when none is near. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const [best] = names.map((name) => ({ name, away: distance(given, name) })).sort((a, b) => a.away - b.away)
  return best !== undefined && best.away <= 2 ? best.name : undefined
}

/** How many letters have to be changed, left out or added. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let at = 0; at < from.length; at++) {
    const next = [at + 1]
    for (let n = 0; n < to.length; n++) {
      const changed = row[n]! + (from[at] === to[n] ? 0 : 1)
      next.push(Math.min(changed, row[n + 1]! + 1, next[n]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
