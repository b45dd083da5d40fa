import { RESERVED_PREFIX } from './names.ts'
import type { Message } from './parse.ts'

/** The control information in a comment, as the event that it stands for; `undefined` for any other comment. */
export function controlIn(comment: string, id: string): Message | undefined {
  if (!comment.startsWith(RESERVED_PREFIX)) return undefined
  const [type, ...data] = comment.split(' ')
  return { type: type!, data: data.join(' '), id }
}
