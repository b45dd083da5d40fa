import type { SubscriptionState } from 'eventwire/client'

/** How many events the page keeps. */
const MAX_ITEMS = 100
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/

const list = document.querySelector('ol')!
const status = document.querySelector('output')!
const countdown = document.querySelector('#countdown')!
export const button: HTMLButtonElement = document.querySelector('button')!

let timer: ReturnType<typeof setInterval> | undefined

/** Adds an event at the top. Shows times in the reader's time zone; the title has the original text. */
export function showEvent(type: string, text: string): void {
  const item = document.createElement('li')
  item.className = type
  item.title = text
  item.textContent = text.replace(TIME, (time) => new Date(time).toLocaleTimeString())
  list.prepend(item)
  if (list.children.length > MAX_ITEMS) list.lastElementChild!.remove()
}

/** Shows the state of the connection, and the seconds until the next attempt while it is waiting. */
export function showState(state: SubscriptionState): void {
  status.value = state.status
  status.dataset.status = state.status
  button.textContent = state.status === 'closed' ? 'Connect again' : 'Close the connection'
  clearInterval(timer)
  countdown.textContent = ''
  if (state.status !== 'waiting') return
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000))
    countdown.textContent = `retry in ${seconds} s`
  }
  tick()
  timer = setInterval(tick, 250)
}
