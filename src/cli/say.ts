import { escapeControls } from './escape.ts'

/** Says something on stderr, which is never mixed up with events. It may quote a server, so nothing goes out as it came. */
export function say(text: string): void {
  process.stderr.write(`eventwire: ${escapeControls(text)}\n`)
}
