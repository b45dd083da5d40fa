import { escapeControls } from './escape.ts'

/** Writes a line to stderr, apart from the events. It may quote a server, so control characters are escaped. */
export function say(text: string): void {
  process.stderr.write(`eventwire: ${escapeControls(text)}\n`)
}
