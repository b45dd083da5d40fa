/** Bytes of the heap and of buffers that something refers to. One collection leaves buffers behind that the next one frees. */
export function held(): number {
  for (let count = 0; count < 3; count++) global.gc!()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
