// Behind Vite's proxy, configured as the guide shows, a client notices at once that the server restarted, and reconnects.
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { subscribe } from '../../src/client/index.ts'
import { eventually } from '../eventually.ts'
import { freePort } from '../free-port.ts'
import { root, start } from '../programs.ts'
import { blocks } from './blocks.ts'
import { layOut } from './workplace.ts'

const config = blocks.find(({ document, file }) => /dev-servers/.test(document) && file === 'vite.config.ts')!

async function startServer(port: number) {
  const server = await start('node', [`${root}examples/ping/server.ts`], { PORT: `${port}` })
  onTestFinished(async () => void (await server.stop('SIGKILL')))
  await server.line(/^http:/)
  return server
}

async function startVite(port: number, target: number): Promise<void> {
  const code = config.code.replace(':3000', `:${target}`).replace('/events', '/sse')
  const place = await layOut([{ ...config, code }])
  const vite = await start(
    'node',
    [`${root}node_modules/vite/bin/vite.js`, '--host', '127.0.0.1', '--port', `${port}`, '--strictPort'],
    {},
    dirname(place.pathOf(config)),
  )
  onTestFinished(async () => {
    await vite.stop('SIGKILL')
    await place.remove()
  })
  await vite.line(/Local/)
}

// Without the line in `configure` only the missing heartbeat would reveal the restart, after 37.5 s.
it('a restarted server', async () => {
  expect(await readFile(`${root}${config.document}`, 'utf8')).toContain('proxyRes')
  const [first, second] = [await freePort(), await freePort()]
  const server = await startServer(first)
  await startVite(second, first)
  const url = `http://127.0.0.1:${second}/sse`
  const subscription = subscribe<{ ping: { time: string } }>(url, { retry: { min: 20, max: 200 } })
  onTestFinished(() => subscription.close())
  const codes: string[] = []
  subscription.onError(({ code }) => codes.push(code))
  await subscription.once('ping')
  expect(codes).toEqual([])

  await server.stop('SIGKILL')
  await eventually(() => expect(codes).not.toEqual([]))
  expect(codes[0]).toMatch(/network|stream-ended/)
  await startServer(first)
  await eventually(() => expect(subscription.status).toBe('open'))
  expect((await subscription.once('ping')).data.time).toMatch(/^\d/)
  expect(codes).not.toContain('idle')
})
