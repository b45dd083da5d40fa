import { fileURLToPath } from 'node:url'
import type { NextConfig } from 'next'

const config: NextConfig = {
  // Everything that is imported lies below: the package that is linked from the folder above, too.
  turbopack: { root: fileURLToPath(new URL('../../..', import.meta.url)) },
}

export default config
