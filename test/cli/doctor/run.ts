import { expect } from 'vitest'
import { launch } from '../serve.ts'

/** A report as `--json` prints it. */
export interface JsonReport {
  readonly version: number
  readonly url: string
  readonly result: string
  readonly checks: readonly { check: string; result: string; found: string; means?: string; cure?: string }[]
}

/** Examines a URL with the built program. */
export async function examined(
  url: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<{ code: number | null; report: JsonReport; problems: Record<string, string>; text: string }> {
  // It always ends by itself.
  const program = await launch(['doctor', url, '--json', ...args], env)
  const code = await program.exited()
  expect(program.errors()).toBe('')
  const text = program.output()
  const report = JSON.parse(text) as JsonReport
  const bad = report.checks.filter(({ result }) => result === 'warning' || result === 'fault')
  return { code, report, text, problems: Object.fromEntries(bad.map(({ check, result }) => [check, result])) }
}
