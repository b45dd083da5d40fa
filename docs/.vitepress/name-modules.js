import { Converter } from 'typedoc'

/** Calls the modules of the reference what one imports: `src/server/node/index.ts` is `eventwire/node`. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const entry of project.children ?? []) {
      const last = entry.name.split('/').at(-1)
      entry.name = last === 'index' ? 'eventwire' : `eventwire/${last}`
    }
  })
}
