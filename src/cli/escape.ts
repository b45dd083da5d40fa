/**
 * Control characters but the tab, which can move the cursor, change colours or answer for the user, and those that turn
 * the direction of the text around.
 */
const UNSAFE = /[\0-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Text from elsewhere, so that a terminal shows it and does nothing else. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
