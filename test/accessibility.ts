import axe from 'axe-core'
import type { BrowserContextOptions, Page } from 'playwright'

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } }

/** How a page is looked at: on a phone and at a desk, by day and by night. */
export const looks: readonly (BrowserContextOptions & { readonly name: string })[] = Object.entries(SIZES).flatMap(
  ([size, viewport]) =>
    (['light', 'dark'] as const).map((colorScheme) => ({ name: `${size}, ${colorScheme}`, viewport, colorScheme })),
)

/** Accessibility barriers of the page as it stands, each as a rule and the element; and a page wider than its screen. */
export async function barriersOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(
    (values) => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: { type: 'tag', values } }),
    STANDARDS,
  )
  const barriers = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any, all, none }) => `${id}: ${target.join(' ')}: ${[...any, ...all, ...none][0]?.message}`),
  )
  const [wide, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
  return wide! > width! ? [...barriers, `it is ${wide} px wide on ${width} px`] : barriers
}
