import { EventwireError } from '../shared/errors.ts'

/** The URL of a request, absolute where there is a document to resolve it against; `undefined` when it cannot be resolved. */
export function urlOf(input: string | URL | Request): URL | undefined {
  const { document, location } = globalThis as { document?: Document; location?: Location }
  const text = typeof input === 'object' && 'url' in input ? input.url : input
  const base = document?.baseURI ?? location?.href
  return URL.canParse(text, base) ? new URL(text, base) : undefined
}

/** Makes a test of URLs from the option `url`: everything matches without it, and queries do not count. */
export function urlMatcher(option: string | URL | ((url: URL) => boolean) | undefined): (url: URL) => boolean {
  if (option === undefined) return () => true
  if (typeof option === 'function') return option
  if (typeof option === 'string' && option.startsWith('/')) {
    const path = pathOf(option)
    return ({ pathname }) => pathname === path
  }
  if (!URL.canParse(option)) {
    const given = JSON.stringify(option)
    const wanted = 'give a path such as /events, an absolute URL, or a function of the URL'
    throw new EventwireError('invalid-option', `url is ${given}; ${wanted}`)
  }
  const { origin, pathname } = new URL(option)
  return (url) => url.origin === origin && url.pathname === pathname
}

/** The path that the option `url` names, as it stands in a URL: encoded, without a query. */
export function pathOf(option: string | URL | ((url: URL) => boolean) | undefined): string | undefined {
  if (option === undefined || typeof option === 'function') return undefined
  return new URL(typeof option === 'string' && option.startsWith('/') ? `http://localhost${option}` : option).pathname
}
