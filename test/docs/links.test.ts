// Every link within the repository leads to a file and a heading that are there, and every guide is in the site's sidebar.
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../programs.ts'

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CODE_OF_CONDUCT.md', 'AGENTS.md', '.changeset/README.md'],
  ...(await readdir(`${root}docs`, { recursive: true }))
    .map((name) => `docs/${name}`)
    .filter((name) => name.endsWith('.md') && !/node_modules|docs\/(api|\.vitepress)\//.test(name)),
]
const texts = new Map(await Promise.all(documents.map(async (name) => [name, await withoutCode(name)] as const)))

describe.each(documents)('%s', (name) => {
  it('has no dead link', () => {
    const links = [...texts.get(name)!.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map((match) => match[1]!)
    expect(links.filter((link) => isDead(name, link))).toEqual([])
  })
})

it('finds the links', () => {
  expect([...texts.values()].join().match(/\]\([^)]+#/g)!.length).toBeGreaterThan(30)
  expect(isDead('docs/index.md', 'no-such-guide.md')).toBe(true)
  expect(isDead('docs/index.md', 'client.md#no-such-heading')).toBe(true)
  expect(isDead('docs/index.md', 'client.md#states')).toBe(false)
})

it('has every guide in the sidebar', async () => {
  const config = await readFile(`${root}docs/.vitepress/config.ts`, 'utf8')
  const guides = documents
    .map((name) => /^docs\/((recipes\/)?[\w-]+)\.md$/.exec(name)?.[1])
    .filter((name) => name !== undefined && name !== 'index')
  expect(guides.length).toBeGreaterThan(20)
  expect(guides.filter((name) => !config.includes(`, '${name}')`))).toEqual([])
})

function isDead(from: string, link: string): boolean {
  const [path, anchor] = link.split('#') as [string, string | undefined]
  const target = path === '' ? from : join(dirname(from), path)
  if (!existsSync(root + target)) return true
  const text = texts.get(target)
  return anchor !== undefined && text !== undefined && !slugsOf(text).includes(anchor)
}

/** The anchors that headings have both on GitHub, which drops punctuation, and on the site, which makes dashes of it. */
function slugsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].flatMap((match) => {
    const heading = match[1]!.toLowerCase().replaceAll('`', '')
    const onGitHub = heading.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
    const onSite = heading.replace(/[^\p{L}\p{N}_]+/gu, '-').replace(/^-+|-+$/g, '')
    return onGitHub === onSite ? [onSite] : []
  })
}

async function withoutCode(name: string): Promise<string> {
  return (await readFile(root + name, 'utf8')).replace(/^```.*?^```$/gms, '')
}
