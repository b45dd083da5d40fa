import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MarkdownRenderer } from 'vitepress'

const docs = fileURLToPath(new URL('../', import.meta.url))
const root = join(docs, '..')
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Shows the file name that a block is titled with. */
export function titleBlocks(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence!
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const block = fence(tokens, index, ...rest)
    const title = /title="(.+?)"/.exec(tokens[index]!.info)?.[1]
    return title ? `<p class="block-title"><code>${md.utils.escapeHtml(title)}</code></p>\n${block}` : block
  }
}

/**
 * Links to files beside the documentation lead to the repository, or where none is known are only their text. One whose
 * file is not there ends the build, as a dead link within the documentation does.
 */
export function leaveDocs(md: MarkdownRenderer): void {
  md.core.ruler.push('leave-docs', ({ tokens, env }) => {
    for (const { children } of tokens) {
      let plain = false
      for (const token of children ?? []) {
        if (token.type === 'link_close' && plain) {
          token.tag = 'span'
          plain = false
        }
        if (token.type !== 'link_open') continue
        const file = outside(token.attrGet('href') ?? '', env.path)
        if (file === undefined) continue
        if (!existsSync(join(root, file))) throw new Error(`${env.path} links ${file}, which is not there`)
        if (repository?.url) token.attrSet('href', `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/${file}`)
        else {
          plain = true
          token.tag = 'span'
          token.attrs = []
        }
      }
    }
  })
}

/** A picture scrolls where the page is too narrow for its letters, so the keyboard has to get there. */
export function scrollPictures(md: MarkdownRenderer): void {
  md.core.ruler.push('scroll-pictures', ({ tokens }) => {
    for (const [index, { type, children }] of tokens.entries()) {
      const paragraph = tokens[index - 1]
      if (type === 'inline' && paragraph?.type === 'paragraph_open' && children?.every(({ type }) => type === 'image'))
        paragraph.attrSet('tabindex', '0')
    }
  })
}

/** The path from the root of the repository, if the link leaves the documentation. */
function outside(href: string, page: string): string | undefined {
  if (!/^\.{1,2}\//.test(href)) return undefined
  const target = join(dirname(page), href.replace(/#.*/, ''))
  const leaves = relative(docs, target).startsWith('..') || /\.(ts|json|html|conf)$/.test(target)
  return leaves ? relative(root, target) : undefined
}
