import { buffering } from './checks/buffering.ts'
import { caching } from './checks/caching.ts'
import { compression } from './checks/compression.ts'
import { connection } from './checks/connection.ts'
import { contentType } from './checks/content-type.ts'
import { cors } from './checks/cors.ts'
import { final } from './checks/final.ts'
import { firstByte } from './checks/first-byte.ts'
import { format } from './checks/format.ts'
import { heartbeat } from './checks/heartbeat.ts'
import { httpVersion } from './checks/http-version.ts'
import { redirect } from './checks/redirect.ts'
import { resumption } from './checks/resumption.ts'
import { status } from './checks/status.ts'
import { staysOpen } from './checks/stays-open.ts'
import { xAccelBuffering } from './checks/x-accel-buffering.ts'
import type { Evidence } from './evidence.ts'
import type { Check, Finding, Result } from './finding.ts'

/** The checks by their names, which are part of the interface, in the order of the report. */
const CHECKS: Readonly<Record<string, Check>> = {
  connection,
  redirect,
  status,
  'content-type': contentType,
  'first-byte': firstByte,
  format,
  buffering,
  heartbeat,
  'stays-open': staysOpen,
  compression,
  caching,
  'x-accel-buffering': xAccelBuffering,
  resumption,
  final,
  cors,
  'http-version': httpVersion,
}

/** The names of all checks. */
export const CHECK_NAMES: readonly string[] = Object.keys(CHECKS)

/** Without these there is no stream, and nothing else to say. */
const DECISIVE = ['connection', 'status', 'content-type']

/** A finding with the name of its check. */
export interface NamedFinding extends Finding {
  readonly check: string
}

/** The report of the doctor. */
export interface Report {
  readonly url: string
  /** The worst of the findings: `fault`, `warning`, or `ok`. */
  readonly result: Exclude<Result, 'unknown'>
  readonly findings: readonly NamedFinding[]
}

/** Judges the evidence, check by check. It stops where there is no stream. */
export function examine(evidence: Evidence): Report {
  const findings: NamedFinding[] = []
  for (const [check, judge] of Object.entries(CHECKS)) {
    const finding = judge(evidence)
    if (finding === undefined) continue
    findings.push({ check, ...finding })
    if (finding.result === 'fault' && DECISIVE.includes(check)) break
  }
  const has = (result: Result) => findings.some((finding) => finding.result === result)
  return { url: evidence.url, result: has('fault') ? 'fault' : has('warning') ? 'warning' : 'ok', findings }
}
