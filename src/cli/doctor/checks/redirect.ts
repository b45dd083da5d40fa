import { type Check, warning } from '../finding.ts'

/** Each reconnect of a client is redirected again. */
export const redirect: Check = ({ redirects }) => {
  if (redirects.length === 0) return undefined
  const target = redirects.at(-1)!.to
  const steps = redirects.map(({ status, to }) => `${status} to ${to}`).join(', ')
  const leaves = new URL(redirects[0]!.from).origin !== new URL(target).origin
  const means = leaves
    ? 'Every reconnect makes the detour, and a client sends its headers and credentials to the first origin only.'
    : 'Every reconnect makes the detour.'
  return warning(`redirected: ${steps}`, means, `subscribe to ${target}`)
}
