// The orders example in every engine: a list and the pages of orders share one connection, begin with the present state, and log out together.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startExample, stopExamples } from '../examples/example.ts'
import type { Page } from './engine.ts'
import { engines } from './engines.ts'

describe.each(engines)('$name', (engine) => {
  let list: Page
  let url = ''
  beforeAll(async () => {
    ;({ url } = await startExample('orders', { TICK: '20' }))
    list = await engine.open()
  })
  afterAll(async () => {
    await list?.close()
    await stopExamples()
  })

  /** Waits in the page for a condition. */
  const until = (condition: string) => `while (!(${condition})) await new Promise((resolve) => setTimeout(resolve, 10))`
  const versions = `[...document.querySelectorAll('li')].map(({ dataset }) => Number(dataset.version))`
  const connections = async () => Number(await (await fetch(`${url}/connections`)).text())

  it('shows orders in several tabs over one connection, and logs out of all of them', async () => {
    await list.goto(url)
    await list.run(until(`document.querySelectorAll('li').length === 6`))
    const details: Page[] = []
    for (const id of [1, 2]) {
      const tab = await list.tab()
      details.push(tab)
      await tab.goto(`${url}/orders/${id}`)
      await tab.run(until(`document.querySelectorAll('li').length === 1`))
      expect(await tab.run(`return document.querySelector('li strong').textContent`)).toBe(['Ada', 'Grace'][id - 1])
      expect(await tab.run(`return document.querySelector('#share').textContent`)).toBe('shared by all tabs')
    }
    expect(await connections()).toBe(1)
    for (const tab of [list, ...details]) {
      const before: number[] = await tab.run(`return ${versions}`)
      const sum = before.reduce((total, version) => total + version)
      await tab.run(until(`${versions}.reduce((total, version) => total + version) > ${sum + 2}`))
    }
    expect(await connections()).toBe(1)

    const unknown = await list.tab()
    await unknown.goto(`${url}/orders/99`)
    await unknown.run(until(`document.querySelector('output').value === 'there is no such order'`))
    await details[0]!.run(until(`document.querySelector('output').value === 'open'`))

    await details[1]!.run(`document.querySelector('button').click()`)
    for (const tab of [list, ...details]) {
      await tab.run(until(`document.querySelector('output').value === 'logged out'`))
      expect(await tab.run(`return document.querySelectorAll('li').length`)).toBe(0)
    }
    await expect.poll(connections).toBe(0)
    for (const tab of [unknown, ...details]) await tab.close()
  })
})
