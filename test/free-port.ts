import { once } from 'node:events'
import { createServer } from 'node:net'

/** Systems give ports from 32768 on to whoever asks for none: below, nobody else of this run gets one by chance. */
const LOWEST = 20_000
const HIGHEST = 32_000
const MOST_TRIES = 100

/** The first of `inARow` consecutive free ports on 127.0.0.1, for programs that cannot choose one themselves. */
export async function freePort(inARow = 1): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const first = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    const free = await Promise.all(Array.from({ length: inARow }, (_, index) => isFree(first + index)))
    if (free.every(Boolean)) return first
  }
  throw new Error(`no ${inARow} free ports in a row after ${MOST_TRIES} tries`)
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1')
  try {
    await once(probe, 'listening')
  } catch {
    return false
  }
  probe.close()
  await once(probe, 'close')
  return true
}
