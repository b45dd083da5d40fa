/** Bars of medians as an SVG that reads on a phone and on a desk, in light and in dark. */
import type { Results } from './figures.ts'
import { median } from './harness.ts'

/** Narrow, so that text keeps its size where a page is. */
const WIDTH = 420
const ROW = 22
const BAR = 18
const HEAD = 32

/** A bar more than this many times the next longest gets a gap: at full scale the others would be too short to compare. */
const TOO_LONG = 2

/** One block of bars a cell, scaled to its longest; each name stands on its bar, each figure at the edge. */
export function chart(results: Results): string {
  let y = 0
  const parts: string[] = []
  for (const [cell, contestants] of Object.entries(results)) {
    const medians = Object.entries(contestants).map(([name, values]) => [name, median(values)] as const)
    const [longest = 1, next = longest] = medians.map(([, value]) => value).sort((a, b) => b - a)
    const scale = longest > TOO_LONG * next ? next : longest
    parts.push(`<text class="cell" x="0" y="${y + 22}">${asText(cell)}</text>`)
    y += HEAD
    for (const [name, value] of medians) {
      parts.push(
        `<g class="${kind(name) ?? kind(cell) ?? 'other'}">${value > scale ? bar(0, y, 0.84) + bar(0.86, y, 0.14) : bar(0, y, value / scale)}`,
        `<text x="6" y="${y + 13}">${asText(name)}</text>`,
        `<text x="${WIDTH - 6}" y="${y + 13}" text-anchor="end">${shown(value)}</text></g>`,
      )
      y += ROW
    }
    y += 6
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img">
<style>
text { font: 13px system-ui, sans-serif; fill: #1c1f26 }
.cell, .ours text { font-weight: 600 }
rect { fill: #d3d8e0 } .ours rect { fill: #93c0ff } .floor rect { fill: #e3e7ee }
@media (prefers-color-scheme: dark) {
  text { fill: #e8eaf0 }
  rect { fill: #3d4452 } .ours rect { fill: #1f57a8 } .floor rect { fill: #262b35 }
}
</style>
${parts.join('\n')}
</svg>
`
}

/** From and as long as a part of the whole width. */
function bar(from: number, y: number, part: number): string {
  const length = Math.max(2, part * WIDTH)
  return `<rect x="${(from * WIDTH).toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`
}

function kind(name: string): string | undefined {
  if (name.startsWith('eventwire')) return 'ours'
  return name.startsWith('floor') ? 'floor' : undefined
}

/** A figure as tables and charts write it. */
export function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}

function asText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
}
