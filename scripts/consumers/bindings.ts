/** A program that imports `useEvents` of each framework, and one that imports whatever the package exports. */

/** The frameworks that the bindings are for, with the types that they need. */
export const FRAMEWORKS: readonly string[] = ['react', '@types/react', 'vue', 'svelte', 'solid-js']

export const BINDINGS = `
import type { Reducer } from 'eventwire'
import { useEvents as useReact } from 'eventwire/react'
import { useEvents as useSolid } from 'eventwire/solid'
import { useEvents as useSvelte } from 'eventwire/svelte'
import { useEvents as useVue } from 'eventwire/vue'

interface AppEvents {
  ping: { time: Date }
}
const clock: Reducer<AppEvents, string> = { initial: '', on: { ping: (_, { time }) => time } }

export const react = (): string => useReact('/events', clock).state
export const solid = (): string => useSolid('/events', clock).state()
export const svelte = (): string => useSvelte('/events', clock).state
export const vue = (): string => useVue('/events', clock).state.value
`

/** Imports every entry, in JavaScript, and expects at least one name of each that is not imported for its effect. */
export const EVERY_ENTRY = `
import { readFile } from 'node:fs/promises'

const manifest = JSON.parse(await readFile(new URL('node_modules/eventwire/package.json', import.meta.url), 'utf8'))
for (const entry of Object.keys(manifest.exports)) {
  if (entry.endsWith('.json')) continue
  const names = Object.keys(await import('eventwire' + entry.slice(1)))
  const hasEffect = manifest.sideEffects.includes(manifest.exports[entry].default)
  if (names.length === 0 && !hasEffect) throw new Error(entry + ' exports nothing')
}
console.log('ok')
`
