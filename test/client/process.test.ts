// In Node the wait for a reconnect keeps the process alive, and a closed subscription lets it go.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { ended, rawServer, stream } from './raw-server.ts'

it('survives a server that goes away, with nothing else to do, and exits when closed', async () => {
  const server = await rawServer(ended('id: 1\ndata: 1\n\n'), stream('id: 2\ndata: 2\n\n'))
  const script = fileURLToPath(new URL('./waiting-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, server.url], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill()
  })
  const exit = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) lines.push(line)
  expect(lines).toEqual(['connecting', 'open', 'message 1', 'waiting', 'connecting', 'open', 'message 2', 'closed'])
  expect(await exit).toEqual([0, null])
})
