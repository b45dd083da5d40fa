// Subscribes to the URL given and says what happens; run by process.test.ts in a process of its own.
import { subscribe } from '../../src/client/index.ts'

const subscription = subscribe<{ message: number }>(process.argv[2]!, { retry: { min: 300, max: 300 } })
subscription.state.subscribe(({ status }) => console.log(status))
subscription.on('message', (data) => {
  console.log(`message ${data}`)
  if (data === 2) subscription.close()
})
