import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromium, chromiumArgs } from './test/chromium.ts'
import { patience } from './test/patience.ts'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          ...patience,
          environment: 'node',
          include: [
            'test/{shared,server,client,node,types,docs,examples,package,testing,cli,bindings,diagnostics,otel}/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'dom',
          ...patience,
          environment: 'happy-dom',
          include: ['test/dom/**/*.test.ts'],
          setupFiles: ['test/dom/setup.ts'],
        },
      },
      {
        test: {
          name: 'redis',
          ...patience,
          environment: 'node',
          include: ['test/redis/**/*.test.ts'],
          globalSetup: ['test/redis/server.ts'],
        },
      },
      {
        test: {
          name: 'clients',
          ...patience,
          environment: 'node',
          include: ['test/clients/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'types',
          ...patience,
          include: [],
          typecheck: { enabled: true, only: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
      {
        test: {
          name: 'browser',
          ...patience,
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/server.ts', 'test/browser/fastify-server.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: await chromium(), args: chromiumArgs } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
