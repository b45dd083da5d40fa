// Three processes over one SQLite file, killed at random: every run ends once and for all readers alike, and no token is lost or doubled.
// Readers learn `lost` within two leases, as their process measures them.
import { it } from 'vitest'
import { chaos } from './chaos.ts'

it('runs in SQLite survive random kills, stops and reloads', async () => {
  const counts = await chaos({ store: 'sqlite', runs: Number(process.env.CHAOS_RUNS ?? 200) })
  console.log(counts)
}, 180_000)
