import { parseArgs } from 'node:util'
import { say } from './say.ts'
import { UsageError } from './usage.ts'

/**
 * Serves the ping demo, which the build has put beside this program. It prints its address itself.
 *
 * @throws {UsageError}
 */
export async function demo(args: readonly string[]): Promise<void> {
  try {
    parseArgs({ args: [...args], options: {} })
  } catch {
    throw new UsageError(`demo takes no arguments, but ${args.join(' ')} was given; set PORT for another port`)
  }
  process.on('uncaughtException', fail)
  await import(new URL('./demo/server.js', import.meta.url).href).catch(fail)
}

/** A port that is taken needs no stack trace. */
function fail(error: Error & { code?: string }): void {
  say(error.code === 'EADDRINUSE' ? `${error.message}; set PORT to another port` : error.message)
  process.exit(1)
}
