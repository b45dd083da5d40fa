import { onAbort } from '../../shared/abort.ts'
import { type WatchingTab, watchLeader } from './leader-watch.ts'

/** The parts of Web Locks and BroadcastChannel that are used. */
interface Locks {
  request(name: string, options: { steal?: boolean; signal?: AbortSignal }, granted: () => unknown): Promise<unknown>
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
export interface LinkOwner extends WatchingTab {
  /** Called when this tab holds its own lock: from now on, other tabs can detect that it is closed. */
  want(): void
  incoming(data: unknown): void
  /** Called when this tab holds the lock of the leader. */
  lead(): void
  /** Called when another tab has taken the lock of the leader, or the browser refuses locks to this page. */
  unlinked(isRefused: boolean): void
  /** Called when a watched tab is closed. */
  gone(tab: number): void
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
export interface Link {
  post(post: object): void
  /** Calls back once a tab no longer holds its own lock. */
  watch(tab: number): void
  /** Releases the locks and the channel, so that the browser can freeze the page or keep it in the back/forward cache. */
  stop(): void
}

export function openLink(name: string, tab: number, owner: LinkOwner): Link {
  const { navigator, BroadcastChannel } = globalThis as Required<Platform>
  const channel = new BroadcastChannel(name)
  /** Aborts this tab's lock requests and releases its locks. */
  const end = new AbortController()
  const { signal } = end
  const request = (suffix: string | number, granted: () => unknown, steal = false) => {
    navigator
      .locks!.request(`${name}${suffix}`, steal ? { steal } : { signal }, () => signal.aborted || granted())
      .catch((error) => signal.aborted || owner.unlinked(error?.name !== 'AbortError'))
  }
  /** A lock is held until the promise of its callback resolves. */
  const stopped = new Promise<void>((resolve) => onAbort(signal, resolve))
  /** Requests the lock of the leader; with `steal`, takes it from a leader that hangs. */
  const campaign = (steal?: boolean) => {
    const lead = () => {
      owner.lead()
      return stopped
    }
    request('', lead, steal)
  }
  const check = watchLeader(owner, () => campaign(true))
  channel.onmessage = ({ data }) => owner.incoming(data)
  request(tab, () => {
    owner.want()
    campaign()
    return stopped
  })
  return {
    post: (post) => channel.postMessage(post),
    watch: (tab) => request(tab, () => owner.gone(tab)),
    stop() {
      clearInterval(check)
      channel.close()
      end.abort()
    },
  }
}
