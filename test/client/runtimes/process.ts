import { check } from './checks.ts'

const { argv } = (globalThis as unknown as { process: { argv: string[] } }).process
console.log(JSON.stringify(await check(argv[2]!, argv[3]!)))
