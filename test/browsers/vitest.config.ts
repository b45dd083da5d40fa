import { defineConfig } from 'vitest/config'

// Engines start one after the other: each has the machine to itself.
export default defineConfig({
  test: {
    include: ['test/browsers/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
