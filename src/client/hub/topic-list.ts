import type { TopicList } from './types.ts'

/** Creates a list of topics whose text fits into a query: encoded, and joined with commas. */
export function topicList(names: readonly string[]): TopicList {
  const value = () => names.map((name) => encodeURIComponent(name).replaceAll('%2F', '/')).join()
  return Object.defineProperty([...names], 'toString', { value })
}
