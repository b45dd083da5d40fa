/** Stores a mark that the connection of this name was ended, for frozen pages. Does nothing when the browser refuses storage. */
export function markEnd(name: string): void {
  try {
    localStorage.setItem(name, `${Date.now()}`)
  } catch {
    // Pages that are not frozen receive the end without the mark.
  }
}

export function hasEnded(name: string, since: number): boolean {
  try {
    return Number(localStorage.getItem(name)) > since
  } catch {
    return false
  }
}
