import { createClient } from 'redis'
import { redisLog } from '../../src/server/log/redis/index.ts'

export type Admin = ReturnType<typeof createClient>

/** Commands and memory of our own log. */
export async function costs(url: string, admin: Admin, payload: () => object): Promise<string> {
  const log = redisLog({ client: createClient({ url }), key: 'costs' })
  log.follow(
    () => {},
    () => {},
  )
  await log.append([{ type: 'note', data: '{}' }])
  await admin.configResetStat()
  for (let n = 0; n < 1_000; n++) await log.append([{ type: 'note', data: JSON.stringify(payload()) }])
  const busy = await commands(admin)
  await admin.configResetStat()
  const idle = 30
  await new Promise((resolve) => setTimeout(resolve, idle * 1000))
  const quiet = (await commands(admin)).get('evalsha') ?? 0
  await log.close()
  const inside = [...busy].filter(([name]) => name !== 'evalsha' && name !== 'config|resetstat' && name !== 'info')
  const perEvent = inside.map(([name, calls]) => `${name} ${(calls / 1_000).toFixed(2)}`).join(', ')
  const memory = []
  for (const size of [100, 1_000]) memory.push(`${await memoryOf(url, admin, size)} B for a payload of ${size} B`)
  return `- Commands: ${((busy.get('evalsha') ?? 0) / 1_000).toFixed(2)} for each event (one script, which runs ${perEvent}, info 1.00 itself);
  ${(quiet / idle).toFixed(2)} for each second without events, log and process (\`checkInterval\`).
- Memory of Redis for each event kept: ${memory.join(', ')}.`
}

async function commands(admin: Admin): Promise<Map<string, number>> {
  const info = await admin.info('commandstats')
  return new Map([...info.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)].map(([, name, calls]) => [name!, Number(calls)]))
}

async function memoryOf(url: string, admin: Admin, size: number): Promise<number> {
  const key = `memory-${size}`
  const log = redisLog({ client: createClient({ url }), key })
  const data = JSON.stringify('x'.repeat(size - 2))
  for (let n = 0; n < 100; n++) {
    await Promise.all(Array.from({ length: 100 }, () => log.append([{ type: 'note', data }])))
  }
  await log.close()
  const bytes = await admin.sendCommand(['MEMORY', 'USAGE', `eventwire:{${key}}`, 'SAMPLES', '0'])
  return Math.round(Number(bytes) / 10_000)
}
