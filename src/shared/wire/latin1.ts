/**
 * The text of a header whose bytes are UTF-8: platforms pass each byte on as a Latin-1 character. Text that is not UTF-8, or was
 * decoded already, stays as it is.
 */
export function utf8FromLatin1(text: string): string {
  try {
    return decodeURIComponent(escape(text))
  } catch {
    return text
  }
}
