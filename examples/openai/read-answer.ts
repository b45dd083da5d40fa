import { readEvents, type Subscription, subscribe } from 'eventwire/client'

/** The events of `POST /v1/chat/completions`: they have no name, and `[DONE]` is the last. */
export interface ChatEvents {
  message: { choices: { delta: { content?: string | null }; finish_reason: string | null }[] }
}

/** Some of what `POST /v1/responses` streams: events with names, the last of which is the end. */
export interface ResponseEvents {
  'response.output_text.delta': { delta: string }
  'response.completed': { response: { id: string; usage: { total_tokens: number } } }
  'response.failed': { response: { error: { code: string; message: string } } }
}

/** The text of a chat completion, piece by piece. Leaving the loop stops the answer. */
export async function* readChat(response: Response): AsyncGenerator<string> {
  for await (const { data } of readEvents<ChatEvents>(response, { until: ({ data }) => data === '[DONE]' })) {
    const text = data.choices[0]?.delta.content
    if (text) yield text
  }
}

/** The text of a response, piece by piece; throws what made it fail. */
export async function* readResponse(response: Response): AsyncGenerator<string> {
  for await (const event of readEvents<ResponseEvents>(response)) {
    switch (event.type) {
      case 'response.output_text.delta':
        yield event.data.delta
        break
      case 'response.failed':
        throw new Error(event.data.response.error.message)
      case 'response.completed':
        return
    }
  }
}

/** The same with a subscription: a refusal for load is waited out, and an answer that has begun is never asked for twice. */
export function askChat(url: string, key: string, prompt: string): Subscription<ChatEvents> {
  return subscribe<ChatEvents>(url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ model: 'gpt', stream: true, messages: [{ role: 'user', content: prompt }] }),
    until: ({ data }) => data === '[DONE]',
    retry: { maxRetries: 5 },
  })
}
