import { copyFile } from 'node:fs/promises'
import { build } from 'esbuild'
import { defineConfig } from 'tsup'

// One configuration for all entries, so that shared code becomes one chunk and `instanceof EventwireError` holds.
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'server/index': 'src/server/index.ts',
    'client/index': 'src/client/index.ts',
    'client/hub/index': 'src/client/hub/index.ts',
    'server/node/index': 'src/server/node/index.ts',
    'server/runs/index': 'src/server/runs/index.ts',
    'server/redis/index': 'src/server/log/redis/index.ts',
    'server/sqlite/index': 'src/server/log/sqlite/index.ts',
    'server/mcp/index': 'src/server/mcp/index.ts',
    'server/gzip/index': 'src/server/gzip/index.ts',
    'diagnostics/index': 'src/diagnostics/index.ts',
    'server/pages/index': 'src/server/pages/index.ts',
    'client/poll/index': 'src/client/poll/index.ts',
    'otel/index': 'src/otel/index.ts',
    'react/index': 'src/react/index.ts',
    'vue/index': 'src/vue/index.ts',
    'svelte/index': 'src/svelte/index.ts',
    'solid/index': 'src/solid/index.ts',
    'testing/index': 'src/testing/index.ts',
    'cli/index': 'src/cli/index.ts',
    'cli/demo/server': 'examples/ping/server.ts',
  },
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  removeNodeProtocol: false,
  sourcemap: true,
  // The package contains `src`, so the maps need no copy of it.
  esbuildOptions: (options) => {
    options.sourcesContent = false
  },
  clean: true,
  dts: false,
  onSuccess: bundleDemo,
})

/** `eventwire demo` is the example, with its page beside it. */
async function bundleDemo(): Promise<void> {
  for (const file of ['index.html', 'native.html', 'style.css']) {
    await copyFile(`examples/ping/${file}`, `dist/cli/demo/${file}`)
  }
  await build({
    entryPoints: ['examples/ping/page.ts'],
    outfile: 'dist/cli/demo/page.js',
    bundle: true,
    format: 'esm',
    minify: true,
    logLevel: 'error',
  })
}
