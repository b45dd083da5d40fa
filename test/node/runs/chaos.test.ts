// Three processes over one SQLite file, killed at random: every run ends once and for all readers alike, and no token is lost or doubled.
import { expect, it } from 'vitest'
import { chaos } from './chaos.ts'

it('runs in SQLite survive random kills, stops and reloads', async () => {
  const counts = await chaos({ store: 'sqlite', runs: Number(process.env.CHAOS_RUNS ?? 200) })
  expect(counts.done).toBeGreaterThan(0)
  expect(counts.stopped).toBeGreaterThan(0)
  expect(counts.lost).toBeGreaterThan(0)
  expect(counts.reloads).toBeGreaterThan(0)
  console.log(counts)
}, 600_000)
