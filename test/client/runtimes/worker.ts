import { check } from './checks.ts'

export default {
  fetch: async (request: Request): Promise<Response> => {
    const { searchParams } = new URL(request.url)
    return Response.json(await check(searchParams.get('origin')!, searchParams.get('closed')!))
  },
}
