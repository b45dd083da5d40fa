import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Makes JavaScript of a program of this folder, for runtimes that do not run TypeScript. It stays in the project, so that it finds its packages. */
export async function bundle(name: string): Promise<string> {
  const outfile = fileURLToPath(new URL(`../../../../node_modules/.cache/eventwire/${name}.mjs`, import.meta.url))
  await build({
    entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['better-sqlite3', 'bun:sqlite'],
    logLevel: 'error',
  })
  return outfile
}
