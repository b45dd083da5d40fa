import { check } from './checks.ts'

console.log(JSON.stringify(await check()))
