import { styleText } from 'node:util'
import { escapeControls } from '../escape.ts'
import type { NamedFinding, Report } from './examine.ts'
import type { Result } from './finding.ts'

const COLOURS: Record<Result, Parameters<typeof styleText>[0]> = {
  ok: 'green',
  warning: 'yellow',
  fault: 'red',
  unknown: 'dim',
}
const RESULT_WIDTH = 'warning'.length
const CHECK_WIDTH = 'x-accel-buffering'.length
const INDENT = ' '.repeat(RESULT_WIDTH + 2)

/** The report for people. A server's text reaches the terminal without control characters. */
export function reportText({ url, findings }: Report, colours: boolean): string {
  const count = (result: Result) => findings.filter((finding) => finding.result === result).length
  const plural = (amount: number, noun: string) => `${amount} ${noun}${amount === 1 ? '' : 's'}`
  const lines = findings.flatMap((finding) => linesOf(finding, colours))
  const summary = `${plural(count('fault'), 'fault')}, ${plural(count('warning'), 'warning')}`
  return `${escapeControls(url)}\n\n${lines.join('\n')}\n\n${summary}\n`
}

function linesOf({ check, result, found, means, cure }: NamedFinding, colours: boolean): string[] {
  const word = result.padEnd(RESULT_WIDTH)
  const painted = colours ? styleText(COLOURS[result], word, { validateStream: false }) : word
  const lines = [`${painted}  ${check.padEnd(CHECK_WIDTH)}  ${escapeControls(found)}`]
  if (means !== undefined) lines.push(`${INDENT}${escapeControls(means)}`)
  const [first, ...others] = cure?.split('\n') ?? []
  if (first !== undefined) lines.push(`${INDENT}${result === 'unknown' ? 'Try: ' : 'Cure:'} ${escapeControls(first)}`)
  for (const line of others) lines.push(`${INDENT}      ${escapeControls(line)}`)
  return lines
}

/** The report for programs: one JSON object, whose members stay as they are documented. */
export function reportJson({ url, result, findings }: Report): string {
  const checks = findings.map(({ check, result, found, means, cure }) => ({ check, result, found, means, cure }))
  return `${escapeControls(JSON.stringify({ version: 1, url, result, checks }))}\n`
}
