import { subscribe } from 'eventwire/client'
import type { HelloEvents } from './hello-server.ts'

const subscription = subscribe<HelloEvents>(`http://localhost:${process.env.PORT ?? 3000}/`)
subscription.on('ping', ({ time }) => console.log(time))
