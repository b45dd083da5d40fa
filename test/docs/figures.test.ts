// Every figure that a page quotes is the one of the last benchmark run or of the size limits, and the front pages quote all of theirs.
import { describe, expect, it } from 'vitest'
import { type Quote, quoted, read, withoutQuotes } from '../../bench/quoted.ts'
import { quotes } from '../../bench/quotes.ts'

/** A number that somebody has measured: with a unit of size or cost, or as a factor. */
const MEASURED = /\d[\d.,]*\s?(?:[kMG]i?B|µs|×|times|%)(?!\w)/g

describe.each(quotes)('$page: $text', (quote) => {
  it('quotes the last results, as `node bench/quotes.ts` writes them', () => {
    const page = read(quote.page)
    expect(quoted(page, quote)).toBe(page)
  })

  it('has a figure for each place', () => {
    expect(quote.text.split('#')).toHaveLength(quote.figures.length + 1)
  })
})

it.each(['README.md', 'docs/index.md', 'docs/comparison.md'])('%s has no figure that nobody checks', (name) => {
  const own = quotes.filter(({ page }) => page === name)
  expect(own.length).toBeGreaterThan(0)
  expect(withoutQuotes(read(name), own).match(MEASURED) ?? []).toEqual([])
})

describe('a quote', () => {
  const quote: Quote = { page: 'a.md', text: 'costs # µs, or #', figures: [() => '1.50', () => '12,000'] }

  it('gets the figures of the results, whatever was there', () => {
    expect(quoted('It costs 9 µs, or 0.1 a day.', quote)).toBe('It costs 1.50 µs, or 12,000 a day.')
  })

  it('is missed when the words around it have changed', () => {
    expect(() => quoted('It takes 9 µs, or 0.1.', quote)).toThrow('a.md has "costs # µs, or #" 0 times')
  })

  it('is refused where it stands twice', () => {
    expect(() => quoted('costs 1 µs, or 2; costs 1 µs, or 2', quote)).toThrow('2 times')
  })
})
