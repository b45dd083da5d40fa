/** The part of the page's global object that is used. */
interface BrowserPage {
  readonly document?: { readonly visibilityState: string }
  readonly addEventListener?: (type: string, listener: (event: { type: string }) => void) => void
  removeEventListener(type: string, listener: (event: { type: string }) => void): void
}

/** The part of a subscription that the page controls. */
interface PausableSubscription {
  pause(reason: 'hidden' | 'frozen'): void
  resume(reason: 'hidden' | 'frozen'): void
  /** Whatever prevented a connection may be over, for example the browser is online again. */
  wake(): void
}

const PAGE_EVENTS = ['pagehide', 'pageshow', 'online', 'visibilitychange']

/**
 * Follows the page into the back/forward cache, behind other tabs and offline; does nothing without a document.
 * Returns a function that stops that.
 */
export function watchPage(subscription: PausableSubscription, pauseHidden: number | false | undefined): () => void {
  const page = globalThis as unknown as BrowserPage
  const { document } = page
  if (!document || !page.addEventListener) return () => {}
  let timer: ReturnType<typeof setTimeout> | undefined
  const onPageEvent = ({ type }: { type: string }) => {
    const hidden = document.visibilityState === 'hidden'
    clearTimeout(timer)
    if (type === 'pagehide') subscription.pause('frozen')
    else if (type === 'pageshow') subscription.resume('frozen')
    if (!hidden) subscription.resume('hidden')
    else if (typeof pauseHidden === 'number') timer = setTimeout(() => subscription.pause('hidden'), pauseHidden)
    if (!hidden || type !== 'visibilitychange') subscription.wake()
  }
  for (const type of PAGE_EVENTS) page.addEventListener(type, onPageEvent)
  if (document.visibilityState === 'hidden') onPageEvent({ type: 'visibilitychange' })
  return () => {
    clearTimeout(timer)
    for (const type of PAGE_EVENTS) page.removeEventListener(type, onPageEvent)
  }
}
