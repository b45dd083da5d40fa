import { subscribe } from 'eventwire/client'
import { events } from './events.ts'

const list = document.querySelector('ol')!
const status = document.querySelector('output')!
const button = document.querySelector('button')!

const subscription = subscribe('/sse', { events })

subscription.on('ping', ({ time }) => show('ping', time))
subscription.on('message', (text) => show('message', text))

subscription.state.subscribe((state) => {
  status.value = state.status
  button.disabled = state.status === 'closed'
})

button.addEventListener('click', () => subscription.close())

function show(type: string, text: string) {
  const item = document.createElement('li')
  item.className = type
  item.textContent = text
  list.prepend(item)
}
