import type { SubscriptionState } from '../subscription/subscription.ts'

/**
 * Topics that the user may not read, by a 403: the topics that its body names, `{"topics": ["orders/8"]}`, otherwise the topics added
 * since the server last accepted the connection. `undefined`: the state is for all topics.
 */
export function refusedTopics(
  state: SubscriptionState,
  topics: readonly string[] | undefined,
  accepted: readonly string[],
): readonly string[] | undefined {
  if (!topics || state.status !== 'closed' || state.error?.status !== 403) return undefined
  let refused = topics.filter((name) => !accepted.includes(name))
  if (refused.length === topics.length) refused = []
  try {
    const named: unknown = JSON.parse(state.error.body!).topics
    const isNamed = topics.filter((name) => Array.isArray(named) && named.includes(name))
    if (isNamed.length > 0) refused = isNamed
  } catch {
    // A body that is not JSON names no topics.
  }
  return refused.length > 0 ? refused : undefined
}
