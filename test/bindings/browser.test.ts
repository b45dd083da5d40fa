// In a real browser, with each framework's own Vite plugin: a component loses no event, is edited, moves to another URL and unmounts.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import react from '@vitejs/plugin-react'
import vue from '@vitejs/plugin-vue'
import { createServer, type PluginOption } from 'vite'
import solid from 'vite-plugin-solid'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createTestServer } from '../../src/testing/index.ts'
import { layOut } from '../docs/workplace.ts'
import { eventually } from '../eventually.ts'
import { launchBrowser } from '../examples/browser.ts'
import type { Events } from './list.ts'

interface App {
  readonly plugin: () => PluginOption
  readonly component: string
  readonly files: Record<string, string>
}

const LIST = `
export const url = new URLSearchParams(location.search).get('events')
export const list = {
  initial: [],
  on: { snapshot: (_, all) => all, added: (items, item) => [...items, item] },
}
`

const apps: Record<string, App> = {
  React: {
    plugin: react,
    component: 'List.jsx',
    files: {
      'main.jsx': `
        import { StrictMode } from 'react'
        import { createRoot } from 'react-dom/client'
        import { List } from './List.jsx'
        const root = createRoot(document.querySelector('main'))
        root.render(<StrictMode><List /></StrictMode>)
        globalThis.unmount = () => root.unmount()`,
      'List.jsx': `
        import { useState } from 'react'
        import { useEvents } from 'eventwire/react'
        import { list, url } from './list.js'
        export function List() {
          const [address, move] = useState(url)
          globalThis.move = move
          const { state, status } = useEvents(address, list)
          return <p>first {status} {state.join(' ')}</p>
        }`,
    },
  },
  Vue: {
    plugin: vue,
    component: 'List.vue',
    files: {
      'main.jsx': `
        import { createApp } from 'vue'
        import List from './List.vue'
        const app = createApp(List)
        app.mount('main')
        globalThis.unmount = () => app.unmount()`,
      'List.vue': `
        <script setup>
        import { ref } from 'vue'
        import { useEvents } from 'eventwire/vue'
        import { list, url } from './list.js'
        const address = ref(url)
        globalThis.move = (to) => (address.value = to)
        const { state, status } = useEvents(address, list)
        const word = 'first'
        </script>
        <template><p>{{ word }} {{ status }} {{ state.join(' ') }}</p></template>`,
    },
  },
  Svelte: {
    plugin: svelte,
    component: 'List.svelte',
    files: {
      'main.jsx': `
        import { mount, unmount } from 'svelte'
        import List from './List.svelte'
        const list = mount(List, { target: document.querySelector('main') })
        globalThis.unmount = () => unmount(list)`,
      'List.svelte': `
        <script>
          import { useEvents } from 'eventwire/svelte'
          import { list, url } from './list.js'
          let address = $state(url)
          globalThis.move = (to) => (address = to)
          const events = useEvents(() => address, list)
        </script>
        <p>first {events.status} {events.state.join(' ')}</p>`,
    },
  },
  Solid: {
    plugin: solid,
    component: 'List.jsx',
    files: {
      'main.jsx': `
        import { render } from 'solid-js/web'
        import { List } from './List.jsx'
        globalThis.unmount = render(() => <List />, document.querySelector('main'))`,
      'List.jsx': `
        import { createSignal } from 'solid-js'
        import { useEvents } from 'eventwire/solid'
        import { list, url } from './list.js'
        export function List() {
          const [address, move] = createSignal(url)
          globalThis.move = move
          const { state, status } = useEvents(address, list)
          return <p>first {status()} {state().join(' ')}</p>
        }`,
    },
  },
}

const browser = launchBrowser()

async function serve({ plugin, files }: App): Promise<{ origin: string; folder: string }> {
  const html = '<!doctype html><title>List</title><main></main><script type="module" src="/main.jsx"></script>'
  const all = { ...files, 'index.html': html, 'list.js': LIST }
  const place = await layOut(Object.entries(all).map(([file, code]) => ({ place: file, folder: 'app', file, code })))
  const root = join(place.folder, 'app')
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [plugin()],
    cacheDir: join(place.folder, '.vite'),
    server: { port: 0, host: '127.0.0.1', fs: { strict: false } },
  })
  onTestFinished(async () => {
    await server.close()
    await place.remove()
  })
  await server.listen()
  return { origin: server.resolvedUrls!.local[0]!, folder: root }
}

describe('a component in a browser', () => {
  it.each(Object.entries(apps))('of %s', { timeout: 90_000 }, async (_, app) => {
    const { origin, folder } = await serve(app)
    await using events = await createTestServer<Events>().listen()
    const sent = ['a', 'b']
    const open = () => events.connections.filter(({ status }) => status !== 'closed')
    const answering = async () => {
      for (let asked = 0; asked < 20; asked++) (await events.connection()).send('snapshot', [...sent])
    }
    void answering()
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', ({ message }) => errors.push(message))
    await page.goto(`${origin}?events=${encodeURIComponent(events.url)}`)
    const text = page.locator('p')
    const shows = (expected: string) =>
      vi.waitFor(async () => expect(await text.textContent()).toBe(expected), { timeout: 20_000, interval: 50 })
    await shows('first open a b')
    expect(events.connections).toHaveLength(1)
    await page.evaluate('globalThis.notReloaded = true')

    const path = join(folder, app.component)
    await writeFile(path, (await readFile(path, 'utf8')).replace('first', 'second'))
    await shows('second open a b')
    await eventually(() => expect(open()).toHaveLength(1))
    sent.push('c')
    open()[0]!.send('added', 'c')
    await shows('second open a b c')

    const reducer = join(folder, 'list.js')
    await writeFile(reducer, LIST.replace('...items, item', '...items, item.toUpperCase()'))
    await vi.waitFor(
      async () => {
        expect(open()).toHaveLength(1)
        open()[0]!.send('added', 'd')
        expect(await text.textContent()).toMatch(/D$/)
      },
      { timeout: 20_000, interval: 100 },
    )
    expect(await page.evaluate('globalThis.notReloaded')).toBe(true)

    const [before] = open()
    await page.evaluate(`globalThis.move(${JSON.stringify(`${events.url}moved`)})`)
    await shows('second open a b c')
    expect(await before!.closed).toBe('client')
    const [last, ...others] = open()
    expect(new URL(last!.request.url).pathname).toBe('/moved')
    expect([others, last!.lastEventId]).toEqual([[], ''])

    await page.evaluate('globalThis.unmount()')
    expect(await last!.closed).toBe('client')
    expect(errors).toEqual([])
    await page.close()
  })
})
