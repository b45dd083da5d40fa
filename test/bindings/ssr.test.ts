// A server that renders asks for nothing, throws nothing, and renders the initial state, in every framework.
// biome-ignore-all lint/correctness/useHookAtTopLevel: not every one is React's
import { createElement } from 'react'
import { renderToString as renderReact } from 'react-dom/server'
import { createComponent, renderToString as renderSolid, ssr } from 'solid-js/web'
import { compile } from 'svelte/compiler'
import { render as renderSvelte } from 'svelte/server'
import { expect, it, vi } from 'vitest'
import { createSSRApp, h } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'
import { useEvents as useReactEvents } from '../../src/react/index.ts'
import { useEvents as useSolidEvents } from '../../src/solid/index.ts'
import { useEvents as useSvelteEvents } from '../../src/svelte/index.ts'
import { useEvents as useVueEvents } from '../../src/vue/index.ts'
import { list } from './list.ts'

const fetch = vi.fn()
const options = { fetch }

/** Renders at a URL that a server can, and at one that it cannot, reach. */
const renderers: Record<string, (url: string) => string | Promise<string>> = {
  React(url) {
    function List() {
      const { status, state } = useReactEvents(url, list, options)
      return createElement('p', null, `${status} ${state.length}`)
    }
    return renderReact(createElement(List))
  },
  Vue(url) {
    const setup = () => {
      const { status, state } = useVueEvents(url, list, options)
      return () => h('p', `${status.value} ${state.value.length}`)
    }
    return renderVue(createSSRApp({ setup }))
  },
  Svelte(url) {
    const source =
      '<script>const { open } = $props(); const events = open()</script><p>{events.status} {events.state.length}</p>'
    const { js } = compile(source, { generate: 'server', name: 'List' })
    const body = js.code.replace(/^import .*$/gm, '').replace('export default function', 'return function')
    const [, imported] = /import \* as (\$\w*) from 'svelte\/internal\/server'/.exec(js.code)!
    return import('svelte/internal/server' as string).then((internal) => {
      const List = new Function(imported!, body)(internal)
      return renderSvelte(List, { props: { open: () => useSvelteEvents(url, list, options) } }).body.replace(
        /<!--.*?-->/g,
        '',
      )
    })
  },
  Solid(url) {
    const List = () => {
      const { status, state } = useSolidEvents(url, list, options)
      return ssr(['<p>', '</p>'], `${status()} ${state().length}`) as never
    }
    return renderSolid(() => createComponent(List, {}))
  },
}

it.each(
  Object.keys(renderers).flatMap((name) => [
    [name, '/list'],
    [name, 'http://localhost/list'],
  ]),
)('%s, at %s', async (name, url) => {
  expect(await renderers[name!]!(url!)).toBe('<p>paused 0</p>')
  await new Promise((resolve) => setTimeout(resolve))
  await new Promise((resolve) => setTimeout(resolve))
  expect(fetch).not.toHaveBeenCalled()
})
