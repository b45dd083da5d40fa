import type { TopicList } from './types.ts'

/** Creates a list of topics whose text fits into a query: encoded, and joined with commas. */
export function topicList(names: readonly string[]): TopicList {
  const list = [...names]
  return Object.defineProperty(list, 'toString', {
    value: () => list.map((name) => encodeURIComponent(name).replaceAll('%2F', '/')).join(),
  })
}
