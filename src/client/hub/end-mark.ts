/** Marks that the connection of this name was ended, for pages that are frozen. Where storage is refused, there is no mark. */
export function markEnd(name: string): void {
  try {
    localStorage.setItem(name, `${Date.now()}`)
  } catch {
    // Pages that are not frozen hear of the end all the same.
  }
}

export function hasEnded(name: string, since: number): boolean {
  try {
    return Number(localStorage.getItem(name)) > since
  } catch {
    return false
  }
}
