// Three processes over one Redis, killed at random: every run ends once and for all readers alike, and no token is lost or doubled.
// Readers learn `lost` within two leases, as their process measures them.
import { inject, it } from 'vitest'
import { chaos } from '../node/runs/chaos.ts'

const url = inject('redisUrl')

it.skipIf(url === undefined)(
  'runs over Redis survive random kills, stops and reloads',
  async () => {
    const counts = await chaos({ store: 'redis', url: url!, runs: Number(process.env.CHAOS_RUNS ?? 200) })
    console.log(counts)
  },
  180_000,
)
