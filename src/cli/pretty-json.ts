/** What a piece of JSON is, for its colour. */
export type Token = 'key' | 'string' | 'number' | 'literal' | 'mark'

/** Shows a piece of JSON, for example in colour. */
export type Paint = (token: Token, text: string) => string

/** Deeper levels are not indented further: an event of nothing but brackets would fill the disk. */
const DEEPEST = 32

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** JSON over lines. It is laid out as it was written, so that long numbers and repeated keys stay what they are. */
export function prettyJson(text: string, paint: Paint): string {
  const parts: string[] = []
  let depth = 0
  let opened = false
  for (let at = nextToken(text, 0); at < text.length; ) {
    const end = endOfToken(text, at)
    const token = text.slice(at, end)
    const next = nextToken(text, end)
    const closes = token === '}' || token === ']'
    if (closes) depth--
    if (opened ? !closes : closes) parts.push(newLine(depth))
    opened = token === '{' || token === '['
    if (opened) depth++
    parts.push(paint(kindOf(token, text[next]), token))
    if (token === ',') parts.push(newLine(depth))
    if (token === ':') parts.push(' ')
    at = next
  }
  return parts.join('')
}

function newLine(depth: number): string {
  return `\n${'  '.repeat(Math.min(depth, DEEPEST))}`
}

function kindOf(token: string, next: string | undefined): Token {
  if ('{}[],:'.includes(token)) return 'mark'
  if (token.startsWith('"')) return next === ':' ? 'key' : 'string'
  return /^[-\d]/.test(token) ? 'number' : 'literal'
}

function nextToken(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++
  return at
}

function endOfToken(text: string, from: number): number {
  if ('{}[],:'.includes(text[from]!)) return from + 1
  let at = from + 1
  if (text[from] !== '"') {
    while (at < text.length && !' \t\n\r{}[],:'.includes(text[at]!)) at++
    return at
  }
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}
