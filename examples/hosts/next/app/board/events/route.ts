import { add, board } from '../../../../board.ts'

export const dynamic = 'force-dynamic'

export function GET(request: Request): Response {
  return board.channel.response(request)
}

export async function POST(request: Request): Promise<Response> {
  const { text } = (await request.json()) as { text: string }
  add(text)
  return new Response(null, { status: 204 })
}
