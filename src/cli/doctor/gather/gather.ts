import { TERMINAL_ID } from '../../../shared/wire/names.ts'
import type { Evidence, Exchange, Redirect } from '../evidence.ts'
import type { DoctorOptions } from '../options.ts'
import { idToResumeFrom, isEventwire, isMute, isStream, losesHeader } from '../reading.ts'
import { Questions } from './questions.ts'

const MOST_REDIRECTS = 5
/** Asks the server everything that the checks need, on at most six connections besides redirects, at most four at a time. */
export async function gather(options: DoctorOptions): Promise<Evidence> {
  const { limits, origin, headers } = options
  const asked = await followRedirects(options)
  const { stream } = asked
  const evidence: Evidence = {
    url: options.url.href,
    limits,
    origin,
    headerNames: headers.map(([name]) => name.toLowerCase()),
    ...asked,
  }
  if (!isStream(stream) && !isMute(stream)) return evidence
  const doctor = new Questions(options, new URL(stream.url))
  const [plain, resumption, final, preflight] = await Promise.all([
    stream.pieces.length === 0 && stream.end.how === 'timeout' ? doctor.plain() : undefined,
    resume(doctor, stream),
    end(doctor, stream),
    origin === undefined ? undefined : doctor.preflight(origin),
  ])
  const finalByQuery = losesHeader({ stream, final }) ? await doctor.finalByQuery() : undefined
  return { ...evidence, plain, ...resumption, final, finalByQuery, preflight }
}

async function followRedirects(options: DoctorOptions): Promise<{ stream: Exchange; redirects: Redirect[] }> {
  const redirects: Redirect[] = []
  const start = performance.now()
  for (let url = options.url; ; ) {
    const left = options.limits.timeout - (performance.now() - start)
    const stream = await new Questions(options, url).stream(Math.max(left, 1))
    const { status = 0, headers } = stream
    const { location } = headers
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined || redirects.length === MOST_REDIRECTS)
      return { stream, redirects }
    const target = URL.canParse(location, url) ? new URL(location, url) : undefined
    if (target === undefined || !/^https?:$/.test(target.protocol)) return { stream, redirects }
    // A password does not belong in a report, and is not sent either.
    target.username = target.password = ''
    redirects.push({ status, from: url.href, to: target.href })
    url = target
  }
}

/** Reconnects with the id of an event that has come. */
async function resume(doctor: Questions, stream: Exchange): Promise<Pick<Evidence, 'resumed' | 'resumedFrom'>> {
  const resumedFrom = idToResumeFrom(stream)
  return resumedFrom === undefined ? {} : { resumed: await doctor.reconnect(resumedFrom), resumedFrom }
}

/** The response to a reconnect after the end. Eventwire's servers can be asked at any time; others when their stream has ended. */
function end(doctor: Questions, stream: Exchange): Promise<Exchange> | undefined {
  if (isEventwire(stream) || isMute(stream)) return doctor.final(TERMINAL_ID)
  return stream.end.how === 'complete' ? doctor.final(stream.lastEventId) : undefined
}
