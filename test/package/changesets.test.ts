// A changeset raises the version wherever it stands, and its sentence comes out in the changelog, as .changeset/README.md says.
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { root, start } from '../programs.ts'

const FILES = ['package.json', 'package-lock.json', 'jsr.json', 'CHANGELOG.md', 'biome.json', '.changeset', 'scripts']
const LOCK = JSON.parse(await readFile(`${root}package-lock.json`, 'utf8'))
const INTRODUCTION = '# Changelog\n\nThe format is described here.\n\n'

async function copy(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'changesets-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const name of FILES) await cp(root + name, join(folder, name), { recursive: true })
  await symlink(`${root}node_modules`, join(folder, 'node_modules'))
  for (const name of ['package.json', 'jsr.json']) {
    const text = await readFile(join(folder, name), 'utf8')
    await writeFile(join(folder, name), text.replace(/"version": "[^"]*"/, '"version": "0.3.4"'))
  }
  // A changeset of the real folder belongs to the real version.
  for (const name of await readdir(join(folder, '.changeset'))) {
    if (name.endsWith('.md') && name !== 'README.md') await rm(join(folder, '.changeset', name))
  }
  return folder
}

async function add(folder: string, name: string, kind: string, sentence: string): Promise<void> {
  await writeFile(join(folder, `.changeset/${name}.md`), `---\n'eventwire': ${kind}\n---\n\n${sentence}\n`)
}

async function raise(folder: string): Promise<{ code: number | null; versions: string[]; changelog: string }> {
  const script = await start('node', ['scripts/raise-version.ts'], {}, folder)
  const code = await script.exited()
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  const [manifest, jsr, lock] = (await Promise.all(['package.json', 'jsr.json', 'package-lock.json'].map(read))).map(
    (text) => JSON.parse(text),
  )
  expect(lock.packages['node_modules/typescript']).toEqual(LOCK.packages['node_modules/typescript'])
  if (code === 0) expect([lock.version, lock.packages[''].version]).toEqual([manifest.version, manifest.version])
  const versions = [manifest.version, jsr.version]
  return { code, versions, changelog: await read('CHANGELOG.md') }
}

it('raises both versions, and puts the sentences under what was unreleased', async () => {
  const folder = await copy()
  const older = '## 0.3.4\n\n### Patch Changes\n\n- Something old.\n'
  await writeFile(join(folder, 'CHANGELOG.md'), `${INTRODUCTION}## Unreleased\n\n### Added\n\n- A stream.\n\n${older}`)
  await add(folder, 'wide-channels', 'minor', 'Channels have a `width`.')
  await add(folder, 'late-end', 'patch', 'The end is no longer late.')
  expect(await raise(folder)).toEqual({
    code: 0,
    versions: ['0.4.0', '0.4.0'],
    changelog:
      `${INTRODUCTION}## 0.4.0\n\n### Added\n\n- A stream.\n\n### Minor Changes\n\n- Channels have a \`width\`.\n\n` +
      `### Patch Changes\n\n- The end is no longer late.\n\n${older}`,
  })
  expect((await readdir(join(folder, '.changeset'))).sort()).toEqual(['README.md', 'config.json'])
})

it('needs no section of what is unreleased', async () => {
  const folder = await copy()
  await writeFile(join(folder, 'CHANGELOG.md'), INTRODUCTION)
  await add(folder, 'late-end', 'patch', 'The end is no longer late.')
  expect(await raise(folder)).toEqual({
    code: 0,
    versions: ['0.3.5', '0.3.5'],
    changelog: `${INTRODUCTION}## 0.3.5\n\n### Patch Changes\n\n- The end is no longer late.\n`,
  })
})

it('keeps the words above the first section of the changelog', async () => {
  const folder = await copy()
  const [introduction] = (await readFile(join(folder, 'CHANGELOG.md'), 'utf8')).split(/^(?=## )/m)
  await add(folder, 'first', 'minor', 'The first.')
  const { changelog } = await raise(folder)
  expect(introduction).toContain('Keep a Changelog')
  expect(changelog.startsWith(`${introduction}## 0.4.0\n`)).toBe(true)
  expect(changelog).toContain('### Minor Changes\n\n- The first.\n')
})

it('changes nothing without a changeset', async () => {
  const folder = await copy()
  expect(await raise(folder)).toMatchObject({ code: 1, versions: ['0.3.4', '0.3.4'] })
})
