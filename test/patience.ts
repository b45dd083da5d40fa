/** Timeouts of tests. They only end a test that hangs: a busy machine may be late by seconds, which is not a fault. */
export const patience = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 30_000, interval: 20 } },
}
