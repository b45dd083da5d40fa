import { add, board } from '../../../../../board.ts'

export function GET({ request }: { request: Request }): Response {
  return board.channel.response(request)
}

export async function POST({ request }: { request: Request }): Promise<Response> {
  const { text } = (await request.json()) as { text: string }
  add(text)
  return new Response(null, { status: 204 })
}
