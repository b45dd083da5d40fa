import { type Check, fault, ok, warning } from '../finding.ts'
import { hopsOf, named } from '../hops.ts'

const HEADER = 'Cache-Control: no-cache, no-transform'
const BYPASS = `${HEADER}, and no cache for this path (nginx: proxy_cache off; no expires)`

/** Whether a cache may keep the stream, or has. */
export const caching: Check = (evidence) => {
  const { stream, resumed, final } = evidence
  const { headers } = stream
  if (stream.status !== 200) return undefined
  const hit = [stream, resumed, final].map((seen) => hitIn(seen?.headers ?? {})).find((hit) => hit !== undefined)
  if (hit !== undefined) {
    const means = `The stream comes from a cache, probably ${named(hopsOf(evidence))}: every client gets the same old events.`
    return fault(hit, means, BYPASS)
  }
  const control = headers['cache-control'] ?? ''
  const seconds = Number(/(?:max-age|s-maxage)\s*=\s*"?(\d+)/i.exec(control)?.[1] ?? 0)
  if (/no-store|no-cache|private/i.test(control) && seconds === 0) {
    if (/no-transform|no-store/i.test(control)) return ok(`Cache-Control: ${control}`)
    const means = 'Hops may compress the stream, and hold it back for that.'
    return warning(`Cache-Control: ${control}, without no-transform`, means, HEADER)
  }
  if (seconds > 0 || /public|immutable/i.test(control)) {
    const means = 'A cache may keep a stream that has ended, and give it to every client that reconnects.'
    return fault(`Cache-Control: ${control}`, means, BYPASS)
  }
  const found = control === '' ? 'no Cache-Control' : `Cache-Control: ${control}`
  return warning(found, 'Caches may keep the stream, and hops may compress it.', HEADER)
}

const HITS = ['x-cache', 'x-cache-status', 'x-proxy-cache', 'cf-cache-status', 'x-vercel-cache', 'x-nginx-cache']

function hitIn(headers: Readonly<Record<string, string>>): string | undefined {
  if (Number(headers.age) > 0) return `Age: ${headers.age}`
  const name = HITS.find((name) => /\b(hit|stale|updating|revalidated)\b/i.test(headers[name] ?? ''))
  return name === undefined ? undefined : `${name}: ${headers[name]}`
}
