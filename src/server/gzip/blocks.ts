/** The header of a gzip member: deflate, no name, no time, an unknown system. */
export const HEADER: readonly number[] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]

/** The most bytes of a stored block. */
const LONGEST = 65_535
const BLOCK_HEADER = 5

/** Encodes bytes as stored blocks, which refer to no history: any blocks can precede or follow them. */
export function storedBlocks(bytes: Uint8Array): Uint8Array {
  const count = Math.ceil(bytes.length / LONGEST)
  const blocks = new Uint8Array(bytes.length + count * BLOCK_HEADER)
  let at = 0
  for (let start = 0; start < bytes.length; start += LONGEST) {
    const part = bytes.subarray(start, start + LONGEST)
    const { length } = part
    blocks.set([0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255], at)
    blocks.set(part, at + BLOCK_HEADER)
    at += BLOCK_HEADER + length
  }
  return blocks
}

/** The end of a gzip member: an empty last block, the checksum of all bytes, and their number. */
export function trailer(checksum: number, length: number): Uint8Array {
  const bytes = new Uint8Array(10)
  const view = new DataView(bytes.buffer)
  bytes[0] = 3
  view.setUint32(2, checksum, true)
  view.setUint32(6, length % 2 ** 32, true)
  return bytes
}
