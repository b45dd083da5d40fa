// One contestant in a process of its own: it reads so many events and says what that has cost.
import { contestants } from './contestants.ts'

const contestant = contestants[process.argv[2]!]!

process.on('message', async ({ url, events }: { url: string; events: number }) => {
  const before = process.cpuUsage()
  let left = events
  let close = () => {}
  const done = new Promise<void>((resolve) => {
    contestant(url, () => {
      left--
      if (left === 0) resolve()
    }).then((own) => {
      close = own
    })
  })
  await done
  close()
  const { user, system } = process.cpuUsage(before)
  process.send!({ cpu: user + system })
})
process.on('disconnect', () => process.exit())
process.send!('ready')
