// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { pages } from 'eventwire/pages'

export const poll = pages()
export const open = pages
