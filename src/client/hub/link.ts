/** The parts of Web Locks and BroadcastChannel that are used. */
interface Locks {
  request(name: string, options: { steal?: boolean; signal?: AbortSignal }, granted: () => unknown): Promise<unknown>
  query(): Promise<unknown>
}
interface Channel {
  onmessage: ((event: { data: unknown }) => void) | null
  postMessage(message: unknown): void
  close(): void
}
interface Platform {
  readonly location?: unknown
  readonly navigator?: { readonly locks?: Locks }
  readonly BroadcastChannel?: new (name: string) => Channel
}

/** The callbacks of a link. */
export interface LinkOwner {
  /** Called when this tab holds its own lock: from now on, other tabs can detect that it is closed. */
  linked(): void
  received(post: unknown): void
  /** Called when this tab holds the lock of the leader. */
  elected(): void
  /** Called when another tab has taken the lock of the leader. */
  deposed(): void
  /** Called when a watched tab is closed. */
  gone(tab: string): void
  /** Called when the browser refuses locks to this page. */
  refused(): void
}

/**
 * Whether tabs can share a connection here: a secure context of a browser. Node has locks and channels too, but only between its
 * threads.
 */
export function canShareTabs(): boolean {
  const { location, navigator, BroadcastChannel } = globalThis as Platform
  return !!(location && navigator?.locks && BroadcastChannel)
}

/** This tab's end of the lock and the channel that tabs share. */
export class Link {
  readonly #name: string
  readonly #owner: LinkOwner
  readonly #channel: Channel
  readonly #locks: Locks
  /** Aborts this tab's lock requests and releases its locks. */
  readonly #end = new AbortController()
  readonly #watched: Set<string>

  constructor(name: string, tab: string, owner: LinkOwner) {
    const { navigator, BroadcastChannel } = globalThis as Required<Platform>
    this.#name = name
    this.#owner = owner
    this.#locks = navigator.locks!
    this.#watched = new Set([tab])
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = ({ data }) => owner.received(data)
    this.#hold(name + tab, () => {
      owner.linked()
      this.campaign()
    })
  }

  /** Releases the locks and the channel, so that the browser can freeze the page or keep it in the back/forward cache. */
  stop(): void {
    this.#channel.close()
    this.#end.abort()
  }

  post(post: object): void {
    this.#channel.postMessage(post)
  }

  /** Requests the lock of the leader; with `steal`, takes it from a leader that hangs. */
  campaign(steal = false): void {
    this.#hold(this.#name, () => this.#owner.elected(), steal)
  }

  /** Calls back once a tab no longer holds its own lock. */
  watch(tab: string): void {
    if (this.#watched.has(tab)) return
    this.#watched.add(tab)
    this.#request(this.#name + tab, () => {
      this.#watched.delete(tab)
      this.#owner.gone(tab)
    })
  }

  /** Resolves once this tab knows of all earlier changes of the locks. */
  settled(): Promise<unknown> {
    return this.#locks.query()
  }

  /** Keeps a lock until the link stops. */
  #hold(name: string, held: () => void, steal = false): void {
    this.#request(
      name,
      () => {
        held()
        return new Promise<void>((release) => this.#end.signal.addEventListener('abort', () => release()))
      },
      steal,
    )
  }

  #request(name: string, granted: () => unknown, steal = false): void {
    const { signal } = this.#end
    this.#locks
      .request(name, steal ? { steal } : { signal }, () => signal.aborted || granted())
      .catch((error) => {
        if (signal.aborted) return
        if (error?.name === 'AbortError') this.#owner.deposed()
        else this.#owner.refused()
      })
  }
}
