import { parseArgs } from 'node:util'
import { say } from './say.ts'
import { UsageError } from './usage.ts'

/**
 * Serves the ping demo, which the build has put beside this program. It prints its address itself.
 *
 * @throws {UsageError}
 */
export async function demo(args: readonly string[]): Promise<void> {
  const port = readPort(args)
  if (port !== undefined) process.env.PORT = port
  process.on('uncaughtException', fail)
  await import(new URL('./demo/server.js', import.meta.url).href).catch(fail)
}

function readPort(args: readonly string[]): string | undefined {
  let port: string | undefined
  try {
    port = parseArgs({ args: [...args], options: { port: { type: 'string', short: 'p' } } }).values.port
  } catch {
    throw new UsageError(`demo takes only --port <number>, but ${args.join(' ')} was given`)
  }
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) < 65_536)) {
    throw new UsageError(`port ${JSON.stringify(port)} is not a number from 0 to 65535`)
  }
  return port
}

/** A port that is taken needs no stack trace. */
function fail(error: Error & { code?: string }): void {
  say(error.code === 'EADDRINUSE' ? `${error.message}; give another with --port` : error.message)
  process.exit(1)
}
