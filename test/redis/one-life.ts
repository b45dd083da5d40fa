/**
 * A process that uses a log from connect to close: it has to end by itself. Arguments: `server`, `cluster` or `sentinel`; the name of a
 * client; a URL, or the port of the Sentinel; how far to go.
 */
import { createClient } from 'redis'
import { createChannel } from '../../src/server/index.ts'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { ChannelClient, requestAfter } from '../server/channel/channel-client.ts'
import { A_MINUTE, clusters, newKey, sentinels, versions } from './clients.ts'

const [kind, name, where, what] = process.argv.slice(2)
const connect = { server: versions, cluster: clusters, sentinel: sentinels }[kind!]![name!]!
const log = redisLog({ client: connect(where!), key: newKey(), expireAfter: A_MINUTE })
const channel = createChannel<{ note: string }>({ log, stream: { heartbeat: false } })

if (what === 'publish') console.log(typeof (await channel.publish('note', 'first')))
if (what === 'live') {
  const reader = new ChannelClient(channel.response(requestAfter()))
  await reader.until(({ types }) => types.includes('sse:cursor'))
  await channel.publish('note', 'first')
  await reader.until(({ events }) => events.length === 1)
  await breakConnections()
  // One that was under way when the connection broke may have happened: it is not repeated.
  await channel.publish('note', 'second').catch(() => channel.publish('note', 'second'))
  await reader.until(({ payloads }) => payloads.includes('second'))
  console.log(reader.types.filter((type) => type === 'sse:gap').length, reader.payloads.slice(0, 2).join(' '))
  await reader.disconnect()
}
await channel.close()
await log.close()
console.log('closed')

async function breakConnections(): Promise<void> {
  const admin = await createClient({ url: where! }).connect()
  for (const type of ['normal', 'pubsub']) await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', type])
  admin.destroy()
}
