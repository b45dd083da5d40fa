/** Bars of medians as an SVG that reads in light and in dark. */
import type { Results } from './figures.ts'
import { median } from './harness.ts'

const WIDTH = 720
const LABEL = 250
const VALUE = 70
const ROW = 22
const HEAD = 34

/** One block of bars a cell, scaled to its longest. */
export function chart(results: Results): string {
  let y = 0
  const parts: string[] = []
  for (const [cell, contestants] of Object.entries(results)) {
    const medians = Object.entries(contestants).map(([name, values]) => [name, median(values)] as const)
    const longest = Math.max(...medians.map(([, value]) => value))
    parts.push(`<text class="cell" x="0" y="${y + 22}">${asText(cell)}</text>`)
    y += HEAD
    for (const [name, value] of medians) {
      const length = Math.max(1, (value / longest) * (WIDTH - LABEL - VALUE))
      parts.push(
        `<text x="${LABEL - 8}" y="${y + 14}" text-anchor="end">${asText(name)}</text>`,
        `<rect class="${kind(name)}" x="${LABEL}" y="${y + 2}" width="${length.toFixed(1)}" height="${ROW - 6}" rx="2"/>`,
        `<text x="${(LABEL + length + 6).toFixed(1)}" y="${y + 14}">${shown(value)}</text>`,
      )
      y += ROW
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 8}" width="${WIDTH}" role="img">
<style>
text { font: 12px system-ui, sans-serif; fill: #1c1f26 }
.cell { font-weight: 600 }
.ours { fill: #0b62d6 } .floor { fill: #b9bfca } .other { fill: #7d8594 }
@media (prefers-color-scheme: dark) { text { fill: #e8eaf0 } .ours { fill: #76b0ff } .floor { fill: #4a5160 } }
</style>
${parts.join('\n')}
</svg>
`
}

function kind(name: string): string {
  if (name.startsWith('eventwire')) return 'ours'
  return name.startsWith('floor') ? 'floor' : 'other'
}

/** A figure as tables and charts write it. */
export function shown(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(2)
}

function asText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
}
