// The tarball contains the package and nothing else: what its manifest names, sources for the maps, and no more bytes than it needs.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { root } from '../programs.ts'

/** Bytes of the tarball, and of the files in it. Raise them for a new capability, not for a forgotten file. */
const PACKED = 700_000
const UNPACKED = 2_800_000

const ALLOWED = [
  /^(?:package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
  /^src\/[\w/-]+\.ts$/,
  /^dist\/[\w/-]+\.(?:d\.ts|js)(?:\.map)?$/,
  /^dist\/cli\/demo\/(?:index\.html|native\.html|style\.css)$/,
]

interface Tarball {
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string; readonly mode: number }[]
}

const manifest = JSON.parse(await readFile(`${root}package.json`, 'utf8'))
const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  maxBuffer: 2 ** 24,
})
const [tarball] = Object.values<Tarball>(JSON.parse(stdout)) as [Tarball]
const paths = new Set(tarball.files.map(({ path }) => path))

describe('the tarball', () => {
  it('has only files that are meant to be in it', () => {
    expect([...paths].filter((path) => !ALLOWED.some((pattern) => pattern.test(path)))).toEqual([])
  })

  it('has the files that the manifest names', () => {
    const entries = Object.values<string | Record<string, string>>(manifest.exports)
    const named = entries.flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry)))
    const declared = Object.values<string[]>(manifest.typesVersions['*']).flat()
    const all = [...named, ...declared, ...Object.values<string>(manifest.bin), manifest.types].map(normalize)
    expect(all.length).toBeGreaterThan(40)
    expect(all.filter((path) => !paths.has(path))).toEqual([])
  })

  it('has a text for people and a licence', () => {
    expect(['README.md', 'CHANGELOG.md', 'LICENSE'].filter((name) => !paths.has(name))).toEqual([])
  })

  it('has the source of every line that a map leads to, once', async () => {
    const maps = [...paths].filter((path) => /\.map$/.test(path) && !path.startsWith('dist/cli/demo/'))
    const read = async (path: string) => ({ path, ...JSON.parse(await readFile(root + path, 'utf8')) })
    const missing = (await Promise.all(maps.map(read))).flatMap(({ path, sources, sourcesContent }) => {
      expect(sourcesContent, path).toBeUndefined()
      return sources.filter((source: string) => !paths.has(join(dirname(path), source)))
    })
    expect(maps.length).toBeGreaterThan(100)
    expect(missing).toEqual([])
  })

  it('has a command that can be started', () => {
    expect(tarball.files.find(({ path }) => path === normalize(manifest.bin.eventwire))!.mode & 0o111).toBe(0o111)
  })

  it(`is at most ${PACKED} bytes, and ${UNPACKED} unpacked`, () => {
    expect(tarball.size).toBeLessThan(PACKED)
    expect(tarball.unpackedSize).toBeLessThan(UNPACKED)
  })
})

describe('the manifest', () => {
  it('has what a registry shows', () => {
    expect(manifest).toMatchObject({
      name: 'eventwire',
      license: 'MIT',
      type: 'module',
      sideEffects: ['./dist/diagnostics/index.js'],
    })
    expect(manifest.private).toBeUndefined()
    expect(manifest.description.length).toBeGreaterThan(40)
    expect(new Set(manifest.keywords).size).toBe(manifest.keywords.length)
  })

  it('runs nothing when somebody installs it', () => {
    expect(Object.keys(manifest.scripts).filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name))).toEqual([])
  })

  it('needs no peer: each is for one entry', () => {
    expect(Object.keys(manifest.peerDependenciesMeta).sort()).toEqual(Object.keys(manifest.peerDependencies).sort())
  })
})

it('is published with provenance, by a workflow that may ask for a token', async () => {
  const workflow = `${root}.github/workflows/release.yml`
  expect(existsSync(workflow)).toBe(true)
  const text = await readFile(workflow, 'utf8')
  expect(text).toMatch(/npm publish .*--provenance/)
  expect(text).toContain('id-token: write')
})
