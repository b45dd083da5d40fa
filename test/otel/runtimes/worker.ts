import { check } from './checks.ts'

export default { fetch: async (): Promise<Response> => Response.json(await check()) }
