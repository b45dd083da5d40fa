import { EventwireError, type EventwireErrorCode, type EventwireErrorFields } from '../../shared/errors.ts'
import type { CloseInfo, SubscriptionState } from '../subscription/subscription.ts'

/** An error as it crosses the channel between tabs: a clone of an `Error` would lose its fields. */
export interface PostedError extends Omit<EventwireErrorFields, 'headers' | 'cause'> {
  readonly code: EventwireErrorCode
  readonly message: string
  readonly headers?: readonly (readonly [string, string])[] | undefined
}

/** A state as it crosses the channel. */
export type PostedState = Readonly<Record<string, unknown>> & {
  readonly status: SubscriptionState['status']
  readonly error?: PostedError | undefined
  readonly headers?: readonly (readonly [string, string])[] | undefined
}

export function postedError({ code, message, cause: _, headers, ...fields }: EventwireError): PostedError {
  return { ...fields, name: undefined, code, message, ...(headers && { headers: [...headers] }) } as PostedError
}

export function errorOf({ code, message, headers, ...fields }: PostedError): EventwireError {
  return new EventwireError(code, message, { ...fields, ...(headers && { headers: headersOf(headers) }) })
}

export function postedState(state: SubscriptionState): PostedState {
  const { error, headers, ...plain } = state as any
  return { ...plain, ...(error && { error: postedError(error) }), ...(headers && { headers: [...headers] }) }
}

export function stateOf<State extends SubscriptionState | CloseInfo>(posted: PostedState): State {
  const { error, headers, ...plain } = posted
  return { ...plain, ...(error && { error: errorOf(error) }), ...(headers && { headers: headersOf(headers) }) } as any
}

function headersOf(pairs: readonly (readonly [string, string])[]): Headers {
  return new Headers(pairs.map(([name, value]): [string, string] => [name, value]))
}
