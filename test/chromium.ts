import { existsSync } from 'node:fs'
import sparticuz from '@sparticuz/chromium'

const DEBIAN = '/usr/bin/chromium'

/** The path of a Chromium: the one named by CHROMIUM_PATH, Debian's, or the one inside an npm package. */
export async function chromium(): Promise<string> {
  return process.env.CHROMIUM_PATH ?? (existsSync(DEBIAN) ? DEBIAN : await sparticuz.executablePath())
}

export const chromiumArgs: string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
