import { subscribe } from 'eventwire/client'
import { events } from './events.ts'
import { button, showEvent, showState } from './view.ts'

let subscription = connect()

button.addEventListener('click', () => {
  if (subscription.state.get().status === 'closed') subscription = connect()
  else subscription.close()
})

function connect() {
  const subscription = subscribe('/sse', { events })
  subscription.on('ping', ({ time }) => showEvent('ping', time))
  subscription.on('message', (text) => showEvent('message', text))
  subscription.state.subscribe(showState)
  return subscription
}
