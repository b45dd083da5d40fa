/** Stores a mark that the connection of this name was ended, for frozen pages. Does nothing when the browser refuses storage. */
export function markEnd(name: string): void {
  try {
    localStorage[name] = Date.now()
  } catch {
    // Pages that are not frozen receive the end without the mark.
  }
}

export function hasEnded(name: string, since: number): boolean {
  try {
    return localStorage[name] > since
  } catch {
    return false
  }
}
