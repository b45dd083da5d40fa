import { check } from './checks.ts'

export default {
  fetch: async (request: Request): Promise<Response> =>
    Response.json(await check(new URL(request.url).searchParams.get('origin')!)),
}
