// A run whose log Redis has deleted is gone everywhere: no status, no readers, no log that is still open.
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { redisLog } from '../../src/server/log/redis/index.ts'
import { forever, machine, mute, type OpenLog, parse, readRun, requestFor, wrapped } from '../server/runs/machines.ts'
import { RedisServer } from './redis-server.ts'

describe.skipIf(!RedisServer.installed)('runs whose log expires in Redis', () => {
  let server: RedisServer
  let admin: ReturnType<typeof createClient>

  beforeAll(async () => {
    server = await RedisServer.start()
    admin = createClient({ url: server.url })
    await admin.connect()
    await admin.configSet('notify-keyspace-events', 'Ex')
  })
  afterAll(async () => {
    admin.destroy()
    await server.stop()
  })

  /** The logs of one machine, and how many of them are open. */
  function logs(expireAfter: number) {
    const client = createClient({ url: server.url })
    const counts = { open: 0 }
    const open: OpenLog = (id) => {
      const log = redisLog({ client, key: id, expireAfter, checkInterval: 200 })
      counts.open++
      return wrapped(log, {
        close() {
          counts.open--
          return log.close()
        },
      })
    }
    return { open, counts }
  }

  const streamOf = (id: string) => `eventwire:{${id}}`

  /** Resolves when Redis has deleted the log. */
  async function expired(id: string): Promise<void> {
    const subscriber = admin.duplicate()
    await subscriber.connect()
    onTestFinished(() => subscriber.destroy())
    await new Promise<void>((resolve) => {
      const check = async () => (await admin.exists([streamOf(id), `${streamOf(id)}:life`])) === 0 && resolve()
      subscriber.subscribe('__keyevent@0__:expired', check).then(check)
    })
  }

  it('are a 404 on every machine, and leave nothing in Redis or in a process', async () => {
    const machines = [logs(600), logs(600)]
    // The watch of a run that has ended closes its log after a quarter of a lease.
    const [here, there] = machines.map(({ open }) => machine(open, { lease: 400 }))
    await here!.start('finished', 'one two')
    const { ids } = await readRun(there!, 'finished')
    expect(await readRun(here!, 'finished')).toMatchObject({ tokens: ['one', 'two'], how: 'done' })
    await vi.waitFor(() => expect(machines.map(({ counts }) => counts.open)).toEqual([0, 0]))
    await expired('finished')
    for (const runs of [here!, there!]) {
      expect(await runs.status('finished')).toBe('none')
      expect(await runs.stop('finished')).toEqual({ stopping: false })
      for (const cursor of [undefined, ids[0]]) {
        expect((await runs.response(requestFor(cursor), 'finished')).status).toBe(404)
      }
    }
    expect(await admin.keys('*finished*')).toEqual([])
    await vi.waitFor(() => expect(machines.map(({ counts }) => counts.open)).toEqual([0, 0]))
  })

  it('end as lost for readers that are connected when Redis deletes the log', async () => {
    const lease = 400
    await machine(mute(logs(60_000).open), { lease, run: ({ signal }) => forever(signal) }).start('deleted', '')
    const { open, counts } = logs(60_000)
    const runs = machine(open, { lease })
    const reader = (await runs.response(requestFor(), 'deleted')).body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('data: "one"')) text += (await reader.read()).value
    await admin.del([streamOf('deleted'), `${streamOf('deleted')}:life`])
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value
    expect(parse(text)).toMatchObject({ tokens: ['one'], failed: ['the server went away'], how: 'lost' })
    expect(await runs.status('deleted')).toBe('none')
    expect((await runs.response(requestFor(), 'deleted')).status).toBe(404)
    await vi.waitFor(() => expect(counts.open).toBe(0))
  })
})
