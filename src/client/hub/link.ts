/** The parts of Web Locks and BroadcastChannel that are used. */
interface Locks {
  request(
    name: string,
    options: { steal?: boolean; signal?: AbortSignal },
    granted: () => Promise<void> | undefined,
  ): Promise<unknown>
  query(): Promise<unknown>
}
interface Channel {
  onmessage: ((event: { data: unknown }) => void) | null
  postMessage(message: unknown): void
  close(): void
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

/** Finds the APIs for sharing a connection between tabs. Node has locks and channels too, but only between its threads. */
function platform(): { locks: Locks; BroadcastChannel: new (name: string) => Channel } | undefined {
  const { location, navigator, BroadcastChannel } = globalThis as {
    location?: unknown
    navigator?: { locks?: Locks }
    BroadcastChannel?: new (name: string) => Channel
  }
  const locks = navigator?.locks
  return location && locks && BroadcastChannel ? { locks, BroadcastChannel } : undefined
}

/** Whether tabs can share a connection here: a secure context of a browser. */
export function canShareTabs(): boolean {
  return platform() !== undefined
}

/** This tab's end of the lock and the channel that tabs share. */
export class Link {
  readonly #name: string
  readonly #tab: string
  readonly #owner: LinkOwner
  #channel: Channel | undefined
  /** Aborts this tab's lock requests and releases its locks. */
  #present: AbortController | undefined
  #candidacy: AbortController | undefined
  #watches: AbortController | undefined
  #watched = new Set<string>()

  constructor(name: string, tab: string, owner: LinkOwner) {
    this.#name = name
    this.#tab = tab
    this.#owner = owner
  }

  start(): void {
    const { BroadcastChannel } = platform()!
    const present = new AbortController()
    this.#present = present
    this.#channel = new BroadcastChannel(this.#name)
    this.#channel.onmessage = ({ data }) => this.#owner.received(data)
    this.#request(this.#name + this.#tab, present, () => {
      this.#owner.linked()
      this.campaign()
    })
  }

  /** Releases the lock and the channel, so that the browser can freeze the page or keep it in the back/forward cache. */
  stop(): void {
    this.#channel?.close()
    this.#channel = undefined
    this.#present?.abort()
    this.#candidacy?.abort()
    this.#unwatch()
  }

  post(post: object): void {
    this.#channel?.postMessage(post)
  }

  /** Requests the lock of the leader; with `steal`, takes it from a leader that hangs. */
  campaign(steal = false): void {
    this.#candidacy?.abort()
    const candidacy = new AbortController()
    this.#candidacy = candidacy
    this.#request(this.#name, candidacy, () => this.#owner.elected(), steal)
  }

  /** Calls back once a tab no longer holds its own lock. */
  watch(tab: string): void {
    if (tab === this.#tab || this.#watched.has(tab)) return
    this.#watches ??= new AbortController()
    const watches = this.#watches
    this.#watched.add(tab)
    const gone = () => {
      if (watches.signal.aborted) return undefined
      this.#watched.delete(tab)
      this.#owner.gone(tab)
      return undefined
    }
    platform()!
      .locks.request(this.#name + tab, { signal: watches.signal }, gone)
      .catch(() => {})
  }

  /** Resolves once this tab knows of all earlier changes of the locks. */
  async settled(): Promise<void> {
    await platform()!.locks.query()
  }

  #unwatch(): void {
    this.#watches?.abort()
    this.#watches = undefined
    this.#watched.clear()
  }

  #request(name: string, until: AbortController, granted: () => void, steal = false): void {
    const { signal } = until
    const held = () => {
      if (signal.aborted) return undefined
      granted()
      return new Promise<void>((release) => signal.addEventListener('abort', () => release()))
    }
    platform()!
      .locks.request(name, steal ? { steal } : { signal }, held)
      .catch((error) => {
        if (signal.aborted) return
        this.#unwatch()
        if (error?.name === 'AbortError') this.#owner.deposed()
        else this.#owner.refused()
      })
  }
}
