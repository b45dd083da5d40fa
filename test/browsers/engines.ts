import { existsSync } from 'node:fs'
import { chromiumEngine } from './chromium.ts'
import type { Engine } from './engine.ts'
import { firefoxEngine } from './firefox.ts'
import { webkitEngine } from './webkit.ts'

const all = [chromiumEngine, firefoxEngine, webkitEngine]
const missing = all.filter(({ binary }) => !existsSync(binary))

if (missing.length > 0) {
  const names = missing.map(({ name }) => name).join(', ')
  const packages = missing.map(({ packages }) => packages).join(' ')
  const message = `browsers left out: ${names}; npm run setup installs them (apt-get install ${packages})`
  if (process.env.CI === 'true') throw new Error(message)
  console.warn(message)
}

/** The engines that this machine has; all of them in CI. */
export const engines: Engine[] = all.filter((engine) => !missing.includes(engine))
