import { isForced } from '../colours.ts'
import { say } from '../say.ts'
import { examine } from './examine.ts'
import { gather } from './gather/gather.ts'
import { readDoctorOptions } from './options.ts'
import { reportJson, reportText } from './print-report.ts'

/**
 * Examines a stream and the hops before it, and prints what is wrong with its cure. Resolves to the exit code: 1 for a fault.
 *
 * @throws {UsageError}
 */
export async function doctor(args: readonly string[]): Promise<number> {
  const options = readDoctorOptions(args)
  const { stdout, stderr } = process
  if (stderr.isTTY) say(`watching ${options.url} for up to ${options.limits.timeout / 1_000} s`)
  const report = examine(await gather(options))
  const colours = isForced() || (stdout.isTTY && stdout.hasColors())
  stdout.write(options.json ? reportJson(report) : reportText(report, colours))
  return report.result === 'fault' ? 1 : 0
}
