const CURSOR = /^([0-9a-z]{1,32})\.([0-9a-z]{1,11})$/

/** Takes the cursor of a channel apart; `undefined` for any other text. */
export function parseCursor(id: string): { epoch: string; sequence: number } | undefined {
  const match = CURSOR.exec(id)
  if (match === null) return undefined
  const sequence = Number.parseInt(match[2]!, 36)
  return Number.isSafeInteger(sequence) ? { epoch: match[1]!, sequence } : undefined
}
