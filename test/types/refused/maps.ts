import { type } from 'arktype'
import { createParser, defineEvents, encodeEvent, eventsWithCodec, isEventwireError, json, text } from 'eventwire'
import * as v from 'valibot'
import { z } from 'zod'

// refuses: => ZodDate' is not assignable to type 'Definition'
defineEvents({ joined: z.date })
// refuses: names that start with sse: are reserved
defineEvents({ 'sse:mine': text() })
// refuses: the schema of 'joined' refuses its own input after JSON: take a string and transform it
defineEvents({ joined: z.object({ at: z.date() }) })
// refuses: the schema of 'size' refuses its own input after JSON: take a string and transform it
defineEvents({ size: z.bigint() })
// refuses: the schema of 'file' refuses its own input after JSON: take a string and transform it
defineEvents({ file: z.object({ bytes: z.bigint() }) })
// refuses: the schema of 'size' refuses its own input after JSON: take a string and transform it
defineEvents({ size: v.bigint() })
// refuses: the schema of 'size' refuses its own input after JSON: take a string and transform it
defineEvents({ size: type('bigint') })
// refuses: the schema of 'mark' refuses its own input after JSON: take a string and transform it
defineEvents({ mark: z.symbol() })
// refuses: the schema of 'call' refuses its own input after JSON: take a string and transform it
defineEvents({ call: z.function() })
// refuses: the schema of 'scores' refuses its own input after JSON: take a string and transform it
defineEvents({ scores: z.array(z.number().optional()) })
// refuses: the schema of 'tags' refuses its own input after JSON: take a string and transform it
defineEvents({ tags: z.set(z.string()) })
// refuses: Type 'number' is not assignable to type 'Definition'
defineEvents({ joined: 5 })

// refuses: Property 'data' is missing
encodeEvent({ type: 'ping' })
// refuses: Type '{ time: string; }' is not assignable to type 'string'
encodeEvent({ data: { time: 'now' } })
// refuses: Type 'string' is not assignable to type 'number'
encodeEvent({ data: '', retry: '5' })

// refuses: Property 'onMessage' is missing
createParser({})
// refuses: Argument of type 'string' is not assignable to parameter of type 'Uint8Array
createParser({ onMessage() {} }).feed('data: text')

// refuses: Property 'decode' is missing
eventsWithCodec({ encode: String })
// refuses: Type 'string' does not satisfy the constraint 'object'
eventsWithCodec<string>({ encode: String, decode: String })

// refuses: Expected 0 arguments, but got 1
json<{ user: string }>({ user: 'x' })
// refuses: Expected 0 arguments, but got 1
text('x')
// refuses: Expected 1 arguments, but got 0
isEventwireError()
