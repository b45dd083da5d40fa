// The page on the architecture names files that exist, and each of its two journeys has ten steps.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { root } from '../programs.ts'

const page = await readFile(`${root}docs/architecture.md`, 'utf8')
const files = [...page.matchAll(/`((?:[\w-]+\/)+[\w-]+\.ts)`/g)].map(([, file]) => file!)

it('names files', () => {
  expect(files.length).toBeGreaterThan(30)
})

it.each([...new Set(files)])('%s exists', (file) => {
  const places = ['src/', 'src/server/'].map((folder) => root + folder + file)
  expect(places.filter((place) => existsSync(place))).toHaveLength(1)
})

it.each(['From `publish()` to the socket', 'From a chunk to a listener'])('%s takes ten steps', (title) => {
  const [, section = ''] = page.split(`## ${title}\n`)
  const steps = section.split('\n## ')[0]!.match(/^\d+\. /gm)
  expect(steps).toEqual(Array.from({ length: 10 }, (_, index) => `${index + 1}. `))
})
