// Writes a decoded stream to stdout, as it arrives: for Node, Bun and Deno.
import process from 'node:process'

const response = await fetch(process.argv[2], { headers: { accept: 'text/event-stream' } })
for await (const chunk of response.body) process.stdout.write(chunk)
