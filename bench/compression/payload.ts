const VENUES = ['XNAS', 'XNYS', 'ARCX', 'BATS']
const NAMES = ['Ada Lovelace', 'Alan Turing', 'Grace Hopper', 'Edsger Dijkstra', 'Barbara Liskov']
const STATES = ['created', 'paid', 'packed', 'shipped']
const WORDS = 'lamp chair table shelf desk sofa frame clock vase rug mirror stool'.split(' ')
const START = 1_764_168_000_000
const LINES = 10

/** Numbers that look drawn, and are the same for every contestant. */
function drawn(n: number, salt: number, below: number): number {
  let bits = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 15), 0xc2b2ae35)
  return ((bits ^ (bits >>> 13)) >>> 0) % below
}

/** About 220 B on the wire. */
function quote(n: number): object {
  const index = drawn(n, 0, 200)
  const bid = (10_000 + index * 100 + drawn(n, 1, 100)) / 100
  return {
    symbol: `SYM${index}`,
    bid,
    ask: Number((bid + 0.02).toFixed(2)),
    bidSize: 100 * (1 + drawn(n, 2, 9)),
    askSize: 100 * (1 + drawn(n, 3, 9)),
    last: bid,
    volume: n * 137 + drawn(n, 4, 100),
    change: (drawn(n, 5, 400) - 200) / 100,
    venue: VENUES[drawn(n, 6, VENUES.length)],
    currency: 'USD',
    status: 'open',
    time: START + n * 37,
  }
}

/** About 1 KB on the wire. */
function order(n: number): object {
  return {
    orderId: 700_000 + n,
    customer: { id: drawn(n, 0, 5_000), name: NAMES[drawn(n, 1, NAMES.length)] },
    status: STATES[drawn(n, 2, STATES.length)],
    total: drawn(n, 3, 50_000) / 100,
    currency: 'EUR',
    warehouse: `ber-${1 + drawn(n, 4, 3)}`,
    updatedAt: new Date(START + n * 7_317).toISOString(),
    lines: Array.from({ length: LINES }, (_, line) => ({
      sku: `SKU-${10_000 + drawn(n, 10 + line, 900)}`,
      title: `${WORDS[drawn(n, 30 + line, WORDS.length)]} ${WORDS[drawn(n, 50 + line, WORDS.length)]}`,
      quantity: 1 + drawn(n, 70 + line, 4),
      price: drawn(n, 90 + line, 9_000) / 100,
    })),
  }
}

/** Events as an application has them: one shape each, and values that differ. */
export const KINDS: Record<string, (n: number) => object> = { 'quotes of 220 B': quote, 'orders of 1 KB': order }
