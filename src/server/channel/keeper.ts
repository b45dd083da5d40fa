/** Callbacks with which a channel notifies the registry that holds it. */
export interface ChannelKeeper {
  /** Called when an event is published, and when a reader joins or leaves. */
  readonly onUse: () => void
  /** Called when the channel has closed, but not when its log has ended, because clients may still connect then. */
  readonly onClose: () => void
}
