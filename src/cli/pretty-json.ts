/** The kind of a token of JSON, for its colour. */
export type Token = 'key' | 'string' | 'number' | 'literal' | 'mark'

/** Renders a token of JSON, for example in colour. */
export type Paint = (token: Token, text: string) => string

/** Deeper levels are not indented further: an event of nothing but brackets would fill the disk. */
const DEEPEST = 32
/** How many characters a payload of one member may have to stay on one line. */
const SHORT = 72

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

/** The same, but a short object or list of one member stays on one line. */
export function briefJson(text: string, paint: Paint): string {
  const tokens: string[] = []
  for (let at = nextToken(text, 0); at < text.length && tokens.length < 6; at = nextToken(text, at)) {
    const end = endOfToken(text, at)
    tokens.push(text.slice(at, end))
    at = end
  }
  const brief = text.length <= SHORT && tokens.length === (tokens[0] === '{' ? 5 : 3)
  if (!brief) return prettyJson(text, paint)
  const [opening, first, , second, closing] = tokens as [string, string, string, string, string]
  if (opening === '[') return `${paint('mark', '[')}${paint(kindOf(first, ''), first)}${paint('mark', ']')}`
  const member = `${paint('key', first)}${paint('mark', ':')} ${paint(kindOf(second, ''), second)}`
  return `${paint('mark', opening)} ${member} ${paint('mark', closing)}`
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
