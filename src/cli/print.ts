import { styleText } from 'node:util'
import { escapeControls } from './escape.ts'
import { briefJson, isJson, type Paint, type Token } from './pretty-json.ts'

/** An event whose data is the text of the wire. */
export interface RawEvent {
  readonly type: string
  readonly data: string
  readonly id: string
}

/** Renders an event as the text to print. */
export type Printer = (event: RawEvent) => string

type Format = Parameters<typeof styleText>[0]

/** As on the wire: an event stream again, byte for byte what a client needs. For pipes and files only. */
export function wirePrinter(lastEventId: string): Printer {
  let lastId = lastEventId
  return ({ type, data, id }) => {
    const name = type === 'message' ? '' : `event: ${type}\n`
    const position = id === lastId ? '' : `id: ${id}\n`
    lastId = id
    return `${name}${position}data: ${data.replaceAll('\n', '\ndata: ')}\n\n`
  }
}

/** One JSON object a line. Data that is JSON stands there as it came. */
export function jsonPrinter(): Printer {
  return ({ type, data, id }) => {
    const value = isJson(data) ? data.replaceAll('\n', ' ').trim() : JSON.stringify(data)
    const fields = `"time":"${new Date().toISOString()}","type":${JSON.stringify(type)},"id":${JSON.stringify(id)}`
    // In JSON, what is escaped here can only stand in strings, where the escape means the same.
    return `${escapeControls(`{${fields},"data":${value}}`)}\n`
  }
}

/** For people: time, name and id, then the data. Nothing of an event reaches the terminal as it came. */
export function prettyPrinter(colours: boolean): Printer {
  const style = (format: Format, text: string) =>
    colours ? styleText(format, escapeControls(text), { validateStream: false }) : escapeControls(text)
  const paint: Paint = (token, text) => (token === 'mark' ? text : style(COLOURS[token], text))
  return ({ type, data, id }) => {
    const head = [style('dim', timeOfDay(new Date())), style(['bold', 'cyan'], type)]
    if (id !== '') head.push(style('dim', `id ${id}`))
    const body = isJson(data) ? briefJson(data, paint) : data.split('\n').map(escapeControls).join('\n')
    return `${head.join('  ')}\n${data === '' ? '' : `  ${body.replaceAll('\n', '\n  ')}\n`}`
  }
}

const COLOURS: Record<Exclude<Token, 'mark'>, Format> = {
  key: 'blue',
  string: 'green',
  number: 'yellow',
  literal: 'magenta',
}

/** The local time with milliseconds. */
function timeOfDay(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`
}
