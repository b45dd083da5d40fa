// A user is present while a stream of theirs is open; a user who was removed by name does not reconnect.
import { afterEach, describe, expect, it } from 'vitest'
import { type Subscription, subscribe } from '../../src/client/index.ts'
import { launchBrowser } from './browser.ts'
import { startExample, stopExamples } from './example.ts'

interface Events {
  here: string[]
}

const open: Subscription<Events>[] = []

afterEach(async () => {
  for (const subscription of open.splice(0)) subscription.close()
  await stopExamples()
})

describe('the presence example', () => {
  it('notifies everybody of joins and leaves, one name for all tabs', async () => {
    const { url, server } = await startExample('presence')
    const ada = await enter(url, 'ada')
    const tabs = [await enter(url, 'grace'), await enter(url, 'grace')]
    await ada.has(3)
    for (const [index, { subscription }] of tabs.entries()) {
      subscription.close()
      await ada.has(4 + index)
    }
    expect(ada.lists).toEqual([['ada'], ['ada', 'grace'], ['ada', 'grace'], ['ada', 'grace'], ['ada']])
    expect(tabs[1]!.lists[0]).toEqual(['ada', 'grace'])
    expect(await server.stop()).toBe(0)
    expect(server.errors()).toBe('')
  })

  it('sends out whoever has the name, for good, and nobody else', async () => {
    const { url } = await startExample('presence')
    const ada = await enter(url, 'ada')
    const tabs = [await enter(url, 'grace'), await enter(url, 'grace')]
    const out = await fetch(`${url}/room?name=grace`, { method: 'DELETE' })
    expect(await out.text()).toBe('2 sent out')
    const ends = await Promise.all(tabs.map(({ subscription }) => subscription.closed))
    expect(ends).toEqual([
      { reason: 'server', end: 'final' },
      { reason: 'server', end: 'final' },
    ])
    await ada.has(5)
    expect(ada.lists.at(-1)).toEqual(['ada'])
    expect(ada.subscription.status).toBe('open')
  })
})

describe('its page', () => {
  const browser = launchBrowser()

  it('lists who is here, and sends one out', async () => {
    const { url } = await startExample('presence')
    const pages = await Promise.all(
      ['<i>ada</i>', 'grace'].map(async (name) => {
        const page = await browser.newPage()
        await page.goto(url)
        await page.getByLabel('Your name').fill(name)
        await page.getByRole('button', { name: 'Enter' }).click()
        return page
      }),
    )
    const [ada, grace] = pages
    for (const page of pages) await page.locator('li').nth(1).waitFor()
    expect(await ada!.locator('li').allTextContents()).toEqual(['<i>ada</i> send out', 'grace send out'])
    await ada!.locator('li', { hasText: 'grace' }).getByRole('button').click()
    await grace!.locator('output', { hasText: 'you were sent out' }).waitFor()
    await expect.poll(() => ada!.locator('li').count()).toBe(1)
    expect(await ada!.locator('output').textContent()).toBe('open')
    await Promise.all(pages.map((page) => page.close()))
  })
})

interface Guest {
  readonly subscription: Subscription<Events>
  readonly lists: string[][]
  /** Resolves when so many lists have come. */
  has(count: number): Promise<void>
}

/** Enters the room, and has seen itself there. */
async function enter(url: string, name: string): Promise<Guest> {
  const subscription = subscribe<Events>(`${url}/room?${new URLSearchParams({ name })}`)
  open.push(subscription)
  const lists: string[][] = []
  let looked = () => {}
  subscription.on('here', (names) => {
    lists.push(names)
    looked()
  })
  const has = (count: number) =>
    new Promise<void>((resolve) => {
      looked = () => {
        if (lists.length >= count) resolve()
      }
      looked()
    })
  await has(1)
  return { subscription, lists, has }
}
