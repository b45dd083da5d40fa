export default { test: { include: ['suite.js'], root: import.meta.dirname, testTimeout: 20_000 } }
