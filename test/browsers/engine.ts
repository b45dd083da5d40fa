import type { ChildProcess } from 'node:child_process'

/** One page of a real browser, driven from the outside. */
export interface Page {
  /** Goes to a URL and waits until it has loaded. */
  goto(url: string): Promise<void>
  /** Runs the body of an async function in the page; gives its JSON back. */
  run(body: string): Promise<any>
  /** Opens another tab of the same browser. */
  tab(): Promise<Page>
  /** Closes the tab, or with the first one the browser. */
  close(): Promise<void>
  /** Kills the tab's renderer, where the engine can. */
  crash?(): Promise<void>
  /** Freezes the tab as a browser does in the background, and wakes it, where the engine can. */
  freeze?(frozen: boolean): Promise<void>
  /** Takes the network from the tab and gives it back, where the engine can. */
  offline?(offline: boolean): Promise<void>
}

export interface Engine {
  readonly name: string
  /** The file without which it cannot run. */
  readonly binary: string
  /** The Debian packages that bring it. */
  readonly packages: string
  /** It keeps a page whose stream is open for the back button; others throw such a page away before it can let go. */
  readonly keepsStreamingPages: boolean
  /** A tab that hangs leaves the other tabs of its site alone. */
  readonly hasProcessPerTab: boolean
  /** It may cut the connections of a page before the page receives `pagehide`. */
  readonly cutsBeforePagehide: boolean
  /** It sends a header's Latin-1 as UTF-8 and so encodes a UTF-8 id twice. */
  readonly encodesHeadersTwice: boolean
  /** Its EventSource stores the id of a block without data, as the standard says. */
  readonly storesIdsWithoutData: boolean
  open(): Promise<Page>
}

/** Ends with this process what could not be ended in order. */
export function endWithUs(child: ChildProcess): void {
  process.once('exit', () => child.kill())
}

/** The body of an async function as an expression for a JSON text of its result. */
export function asExpression(body: string): string {
  return `(async () => { ${body} })().then((value) => JSON.stringify(value ?? null))`
}

/** Waits for a line of a process that matches, and gives the match. */
export async function lineOf(output: AsyncIterable<string>, pattern: RegExp, name: string): Promise<RegExpMatchArray> {
  const seen: string[] = []
  for await (const line of output) {
    const match = line.match(pattern)
    if (match) return match
    seen.push(line)
  }
  throw new Error(`${name} ended before it was ready:\n${seen.join('\n')}`)
}
