export interface BrowserEvents {
  greeting: { resumedAfter: string }
}
