const SAFE = ['', 'accept', 'accept-language', 'content-language', 'cookie', 'origin']

/** The names that need a preflight, as browsers write them. */
export function preflighted(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => !SAFE.includes(name)).sort()
}
