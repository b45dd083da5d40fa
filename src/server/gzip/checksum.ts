/** The polynomial of CRC-32, reflected. */
const POLYNOMIAL = 0xedb88320
const ONE = 0x80000000

/** x to the power of 2 to the power of the index. */
const POWERS: number[] = [0x40000000]
for (let index = 1; index < 64; index++) POWERS.push(multiply(POWERS[index - 1]!, POWERS[index - 1]!))

/** Multiplies two polynomials over two elements. */
function multiply(one: number, other: number): number {
  let [factor, product] = [other, 0]
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if (one & bit) product ^= factor
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1
  }
  return product >>> 0
}

/**
 * The share of some bytes in the checksum of a longer text, when this number of bytes follows. The checksum of two texts in a row is
 * the share of the first one XOR the checksum of the second.
 */
export function followedBy(checksum: number, length: number): number {
  let shifted = checksum
  // 8 bits a byte: the powers begin at the third.
  for (let [left, index] = [length, 3]; left > 0; left = Math.floor(left / 2), index++) {
    if (left % 2 === 1) shifted = multiply(POWERS[index]!, shifted)
  }
  return shifted
}
