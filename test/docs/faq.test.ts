// Every message that the FAQ answers is one that the code gives, and every code has a link in it.
import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { root } from '../programs.ts'

const faq = await readFile(`${root}docs/faq.md`, 'utf8')
const headings = [...faq.matchAll(/^### (`+) ?(.+?) ?\1$/gm)].map((match) => match[2]!)
const files = (await readdir(`${root}src`, { recursive: true })).filter((name) => name.endsWith('.ts'))
const source = (await Promise.all(files.map((name) => readFile(`${root}src/${name}`, 'utf8')))).join('\n')
const words = source
  .replace(/\$\{[^{}]*\}/g, '…')
  .replaceAll("\\'", "'")
  .replaceAll('\\`', '`')

/** The parts that never change: between placeholders, statuses, names of constants and colons. */
function literalsOf(heading: string): string[] {
  return heading
    .split(/…|; |responded |404|401|503|text\/event-stream|overflow|stalled|: /)
    .map((part) => part.trim())
    .filter((part) => part.length > 3)
}

it('has a heading a message', () => {
  expect(headings.length).toBeGreaterThan(25)
  expect(faq.match(/^### /gm)).toHaveLength(headings.length)
})

describe.each(headings)('%s', (heading) => {
  it('is a message of the code', () => {
    const literals = literalsOf(heading)
    expect(literals.length).toBeGreaterThan(0)
    expect(literals.filter((part) => !words.includes(part))).toEqual([])
  })
})

it('links every code', async () => {
  const errors = await readFile(`${root}docs/errors.md`, 'utf8')
  const codes = [...errors.matchAll(/^## (.+)$/gm)].map((match) => match[1]!)
  expect(codes.filter((code) => !faq.includes(`errors.md#${code}`))).toEqual([])
})
