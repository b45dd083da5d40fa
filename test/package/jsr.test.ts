// JSR publishes the same package as npm: the same version and the same entries, as the sources that they are built from.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { root } from '../programs.ts'

const manifest = JSON.parse(await readFile(`${root}package.json`, 'utf8'))
const jsr = JSON.parse(await readFile(`${root}jsr.json`, 'utf8'))

it('has the version and the licence of package.json', () => {
  expect([jsr.version, jsr.license]).toEqual([manifest.version, manifest.license])
})

it('exports the source of each entry of package.json, and nothing else', () => {
  const sources = Object.entries<string | { types: string }>(manifest.exports).flatMap(([name, entry]) =>
    typeof entry === 'string' ? [] : [[name, entry.types.replace('./dist/', './src/').replace(/\.d\.ts$/, '.ts')]],
  )
  expect(sources.length).toBeGreaterThan(5)
  expect(jsr.exports).toEqual(Object.fromEntries(sources))
})

it('publishes the sources that it exports', () => {
  for (const source of Object.values<string>(jsr.exports)) {
    expect(existsSync(root + source), source).toBe(true)
    expect(jsr.publish.include.some((path: string) => source.startsWith(`./${path}/`))).toBe(true)
    expect(jsr.publish.exclude.some((path: string) => source.startsWith(`./${path}/`))).toBe(false)
  }
})
