// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { poll } from 'eventwire/poll'

export const fallback = poll()
export const open = poll
