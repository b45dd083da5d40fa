/**
 * Collects the changesets for a release: `npm run raise-version`. Raises the version in package.json, its lock and jsr.json, and turns
 * the unreleased part of CHANGELOG.md into the section of that version, with the sentences of the changesets at its end.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const read = (name: string): string => readFileSync(`${root}${name}`, 'utf8')
const write = (name: string, text: string): void => writeFileSync(`${root}${name}`, text)
const versionNow = (): string => JSON.parse(read('package.json')).version

const before = versionNow()
let changelog = read('CHANGELOG.md')
try {
  const sentences = collectSentences()
  const version = versionNow()
  if (version === before) throw new Error('no changeset raises the version; write one with `npx changeset`')
  changelog = release(version, sentences)
  write('jsr.json', withVersion(read('jsr.json'), version, 1))
  write('package-lock.json', withVersion(read('package-lock.json'), version, 2))
} finally {
  write('CHANGELOG.md', changelog)
}

/** Lets Changesets write into an empty page, because it would insert its section above the introduction. */
function collectSentences(): string {
  write('CHANGELOG.md', '# Changelog\n')
  execFileSync(`${root}node_modules/.bin/changeset`, ['version'], { cwd: root, stdio: 'inherit' })
  return read('CHANGELOG.md').replace(/^# .*\n+## .*\n/, '')
}

/** The changelog with what was unreleased, and these sentences, as the section of a version. */
function release(version: string, sentences: string): string {
  const [introduction, ...sections] = changelog.split(/^(?=## )/m)
  const unreleased = sections[0]?.startsWith('## Unreleased\n') ? sections.shift()!.replace(/^.*\n/, '') : ''
  const parts = [introduction!, `## ${version}`, unreleased, sentences, ...sections]
  return `${parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('\n\n')}\n`
}

/** Replaces the first versions: those of the package itself. */
function withVersion(text: string, version: string, times: number): string {
  let replaced = 0
  return text.replace(/"version": "[^"]*"/g, (found) => (replaced++ < times ? `"version": "${version}"` : found))
}
