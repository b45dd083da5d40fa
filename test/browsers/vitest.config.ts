import { defineConfig } from 'vitest/config'
import { patience } from '../patience.ts'

// Engines start one after the other: each has the machine to itself.
export default defineConfig({
  test: {
    include: ['test/browsers/**/*.test.ts'],
    ...patience,
    fileParallelism: false,
  },
})
