// The public names of every entry, values and types, are those of a list that is reviewed: `surface.txt` beside this test. A name
// that is added or removed changes it: `npx vitest run --project node test/package/surface -u` writes it anew.
import { expect, it } from 'vitest'
import { type Exported, entryExports } from '../docs/exports.ts'

/** The entries of the first version, for a count that later capabilities do not blur. */
const FIRST_ENTRIES = ['.', './server', './client', './node', './redis', './testing']

/** Names in those entries that belong to later capabilities. */
const LATER: Record<string, readonly string[]> = {
  'eventwire/fold': ['fold', 'FoldSource', 'Reducer'],
  'eventwire/pages and eventwire/poll': ['Fallback', 'Pages', 'PolledChannelOptions'],
  'eventwire/gzip': ['Compression'],
  'eventwire/runs': ['RunEnd'],
  'channels by id': ['Channels', 'createChannels'],
  'figures for metrics': ['ChannelStats'],
  'test servers that listen': ['ListeningTestServer'],
}

const all = Object.keys(entryExports)

it('is the list of public names', async () => {
  const later = Object.values(LATER).flat()
  const lists = all.map((entry) => `\n${entry.replace('.', 'eventwire')}\n${listOf(entryExports[entry]!)}`)
  const text = [
    `the first version: ${countOf(FIRST_ENTRIES, (name) => !later.includes(name))}`,
    `all: ${countOf(all)}`,
    ...lists,
  ]
  await expect(`${text.join('\n')}\n`).toMatchFileSnapshot('surface.txt')
})

it('counts names as later that the first entries have', () => {
  const first = FIRST_ENTRIES.flatMap((entry) => entryExports[entry]!.map(({ name }) => name))
  const absent = Object.values(LATER)
    .flat()
    .filter((name) => !first.includes(name))
  expect(absent).toEqual([])
})

it.each(all)('lists each name of eventwire%s once', (entry) => {
  const listed = entryExports[entry]!.map(({ name }) => name)
  expect(listed).toEqual([...new Set(listed)])
})

/** The number of unique names, how many of them exist at run time, and in how many places they are listed. */
function countOf(entries: readonly string[], counts = (_: string) => true): string {
  const listed = entries.flatMap((entry) => entryExports[entry]!).filter(({ name }) => counts(name))
  const names = new Set(listed.map(({ name }) => name))
  const values = new Set(listed.filter(({ isType }) => !isType).map(({ name }) => name))
  return `${names.size} names, ${values.size} values and ${names.size - values.size} types, in ${listed.length} listings`
}

function listOf(exported: readonly Exported[]): string {
  const lineOf = (isType: boolean) =>
    exported
      .filter((each) => each.isType === isType)
      .map(({ name }) => name)
      .sort()
      .join(' ')
  return `  values: ${lineOf(false)}\n  types: ${lineOf(true)}`
}
