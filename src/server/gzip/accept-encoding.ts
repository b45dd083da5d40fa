const ENTRY = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i

/**
 * Whether a client accepts gzip and does not prefer uncompressed bytes. A header with any syntax error counts as no support for gzip:
 * every client understands the identity encoding.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding
 */
export function acceptsGzip(header: string | null | undefined): boolean {
  if (typeof header !== 'string' || header.length > 1_024) return false
  const weights = new Map<string, number>()
  for (const part of header.split(',')) {
    const entry = ENTRY.exec(part)
    if (entry !== null) weights.set(entry[1]!.toLowerCase(), Number(entry[2] ?? 1))
    else if (part.trim() !== '') return false
  }
  const weight = weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0
  return weight > 0 && weight >= (weights.get('identity') ?? 0)
}
