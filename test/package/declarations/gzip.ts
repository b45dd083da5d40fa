// Everything is inferred, and only this entry is imported: the compiler has to find a name for each type.
import { gzip } from 'eventwire/gzip'

export const compress = gzip()
export const { encoding } = compress
export const open = gzip
