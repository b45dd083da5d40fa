const VENUES = ['XNAS', 'XNYS', 'ARCX', 'BATS']
const WORDS = 'order fill quote trade halt open close bid ask last size price venue time rule note text'.split(' ')

/** A payload of about so many bytes that is like the others, as events of one kind are, and never the same. */
export function payload(n: number, size: number): object {
  const event = { symbol: `S${(n * 7_919) % 1_000}`, amount: Math.sin(n) * 1_000, time: 1_764_168_000_000 + n * 37 }
  const text: string[] = []
  for (let length = 110; length < size; length += text.at(-1)!.length + 1) {
    text.push(`${WORDS[(n * 31 + length * 17) % WORDS.length]}${(n * length) % 97}`)
  }
  return { ...event, venue: VENUES[n % 4], text: text.join(' ') }
}
