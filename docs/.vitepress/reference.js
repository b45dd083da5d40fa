import { Converter } from 'typedoc'
import { MarkdownPageEvent } from 'typedoc-plugin-markdown'

/** Names the modules of the reference as one imports them, and shows on each page the example first. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const entry of project.children ?? []) entry.name = moduleName(entry.name)
  })
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    page.contents = exampleFirst(page.contents)
  })
}

/** `src/server/node/index.ts` is imported as `eventwire/node`. */
function moduleName(name) {
  const last = name.split('/').at(-1)
  return last === 'index' ? 'eventwire' : `eventwire/${last}`
}

function exampleFirst(contents) {
  const [head, ...sections] = contents.split(/^(?=## )/m)
  const isExample = (section) => /^## Examples?\n/.test(section)
  const examples = sections.filter(isExample)
  return [head, ...examples, ...sections.filter((section) => !isExample(section))].join('')
}
