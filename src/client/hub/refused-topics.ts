import type { EventwireError } from '../../shared/errors.ts'

/**
 * Topics that the user may not read, by a 403: those that its body names, `{"topics": ["orders/8"]}`, else those that came since the
 * server has last accepted the connection. None: the refusal is for all.
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
    // Not JSON: it names nothing.
  }
  const refused = Array.isArray(named) ? topics.filter((name) => named.includes(name)) : []
  return refused.length > 0 ? refused : added.length < topics.length ? added : []
}
