import { defineConfig } from 'tsup'

// One configuration for all entries, so that shared code becomes one chunk and `instanceof EventwireError` holds.
export default defineConfig({
  entry: [
    'src/index.ts',
    'src/server/index.ts',
    'src/client/index.ts',
    'src/server/node/index.ts',
    'src/server/redis/index.ts',
    'src/testing/index.ts',
  ],
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  removeNodeProtocol: false,
  sourcemap: true,
  clean: true,
  dts: false,
})
