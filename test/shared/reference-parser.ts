/**
 * The standard's "parsing" and "interpreting an event stream" as plainly as they can be written: the whole input at once,
 * a regular expression for the lines, one step per sentence. Slow on purpose; what the tests hold the fast parser to.
 *
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export interface Reading {
  readonly messages: { readonly type: string; readonly data: string; readonly id: string }[]
  readonly comments: string[]
  readonly retries: number[]
  readonly lastEventId: string
}

export function readByTheStandard(bytes: Uint8Array, lastEventId = ''): Reading {
  const text = new TextDecoder().decode(bytes) // "UTF-8 decode": one leading BOM goes, errors become U+FFFD
  const lines = text.split(/\r\n|\r|\n/)
  lines.pop() // text after the last line end is not a line yet
  const reading = { messages: [] as Reading['messages'], comments: [] as string[], retries: [] as number[] }
  let id = lastEventId
  let committed = lastEventId
  let type = ''
  let data = ''
  for (const line of lines) {
    if (line === '') {
      committed = id
      if (data !== '') reading.messages.push({ type: type || 'message', data: data.slice(0, -1), id })
      data = ''
      type = ''
      continue
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === '') reading.comments.push(value)
    if (field === 'event') type = value
    if (field === 'data') data += `${value}\n`
    if (field === 'id' && !value.includes('\0')) id = value
    if (field === 'retry' && /^[0-9]+$/.test(value)) reading.retries.push(Number.parseInt(value, 10))
  }
  return { ...reading, lastEventId: committed }
}
