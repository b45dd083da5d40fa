import type { EventwireError } from '../../shared/errors.ts'

/**
 * Topics that the user may not read, by a 403: the topics that its body names, `{"topics": ["orders/8"]}`, otherwise the topics added
 * since the server last accepted the connection. With an empty result, the server refuses all topics.
 */
export function refusedTopics(
  { status, body = '' }: EventwireError,
  topics: readonly string[],
  accepted: readonly string[],
): readonly string[] {
  if (status !== 403) return []
  const added = topics.filter((name) => !accepted.includes(name))
  let named: unknown
  try {
    named = JSON.parse(body).topics
  } catch {
    // A body that is not JSON names no topics.
  }
  const refused = Array.isArray(named) ? topics.filter((name) => named.includes(name)) : []
  return refused.length > 0 ? refused : added.length < topics.length ? added : []
}
