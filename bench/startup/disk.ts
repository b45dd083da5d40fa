/** The size of packages on disk, with all of their dependencies. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** @returns the folders of a package and its dependencies, found as Node finds them from `folder`. */
export function installed(name: string, folder: string, found: Set<string> = new Set()): Set<string> {
  const own = lookup(name, folder)
  if (own === undefined || found.has(own)) return found
  found.add(own)
  const { dependencies = {} } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8'))
  for (const dependency of Object.keys(dependencies)) installed(dependency, own, found)
  return found
}

function lookup(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name)
    if (existsSync(place)) return place
    if (dirname(folder) === folder) return undefined
  }
}

/** Bytes, without packages inside. */
export function size(path: string): number {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.size
  const names = readdirSync(path).filter((name) => basename(name) !== 'node_modules')
  return names.reduce((sum, name) => sum + size(join(path, name)), 0)
}
