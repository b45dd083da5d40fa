/**
 * The cost of a library before its first use: the time to import it in a new process, its size in a bundle (minified, gzip), and
 * its size on disk, with its dependencies.
 */
import { execFileSync } from 'node:child_process'
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build as bundle, type Plugin } from 'esbuild'
import { build, figures, machine, type Results, save } from './figures.ts'
import { contestants, FLOOR, packages, specifiers } from './startup/contestants.ts'
import { installed, size } from './startup/disk.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 9)
const here = fileURLToPath(new URL('.', import.meta.url))

export async function run(): Promise<void> {
  build()
  const names = Object.keys(contestants)
  const time: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++)
    for (const name of names) time[name]!.push(importTime(contestants[name]!))
  const weight: Record<string, number[]> = {}
  const disk: Record<string, number[]> = {}
  for (const name of names.slice(1)) {
    const code = contestants[name]!
    weight[name] = [await bundled(code)]
    const folders = new Set(packages(code).flatMap((dependency) => [...installed(dependency, here)]))
    if (folders.size === 0)
      for (const own of ['dist', 'src']) folders.add(fileURLToPath(new URL(`../${own}`, import.meta.url)))
    disk[name] = [[...folders].reduce((sum, folder) => sum + size(folder), 0) / 1000]
  }
  const results: Results = { 'ms to import': time, 'kB in a bundle, min + gzip': weight, 'kB on the disk': disk }
  const table = figures(results, FLOOR)
  console.log(table)
  await save(
    'startup',
    results,
    `# Before anything happens

Three costs of a library: the time to import it in a new process, its size in a bundle, minified with esbuild and gzipped, and its size
on the disk with its dependencies. Medians of ${ROUNDS} interleaved rounds. Less is better. The ratios of time are to importing \`node:http\`, those
of size to the first row. ${machine}. Run it: \`npm run bench -- startup\`.

${table}
`,
  )
}

/** Milliseconds for the import alone, in a process of its own. */
function importTime(code: string): number {
  const imports = specifiers(code).map((specifier) => `await import('${specifier}')`)
  const script = `const begin = performance.now(); ${imports.join('; ')}; console.log(performance.now() - begin)`
  return Number(
    execFileSync('node', ['--input-type=module', '-e', script], { cwd: here, encoding: 'utf8', timeout: 10_000 }),
  )
}

async function bundled(code: string): Promise<number> {
  const { outputFiles } = await bundle({
    stdin: { contents: code, resolveDir: here },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    plugins: [builtins],
    write: false,
    logLevel: 'silent',
  })
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length / 1000
}

/** Keeps Node's modules out of the bundle, with and without the `node:` prefix. */
const builtins: Plugin = {
  name: 'builtins',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ path }) => (isBuiltin(path) ? { path, external: true } : undefined))
  },
}
