import { readFileSync } from 'node:fs'
import type { MarkdownEnv, MarkdownRenderer } from 'vitepress'

/**
 * Words that readers search for and that a page does not use for itself, by page or by section. They go into the index and lead
 * there before anything else.
 */
const KEYWORDS: Record<string, string> = {
  'installation.html': 'install setup npm pnpm yarn typescript tsconfig commonjs cjs esm bundle size',
  'ping-demo.html': 'tutorial quickstart beginner hello',
  'event-map.html#a-map-that-exists-at-run-time': 'validation validate schema zod valibot arktype superjson',
  'server.html#a-slow-client': 'backpressure buffer',
  'server.html#options': 'heartbeat keepalive ping',
  'client.html#what-is-retried-and-when': 'retry reconnect reconnection backoff jitter',
  'client.html#states': 'status offline online connection',
  'client.html#cursors': 'cursor resume',
  'channels.html': 'broadcast pubsub publish subscribe room rooms fanout emitter',
  'channels.html#topics': 'topic topics wildcard pattern',
  'channels.html#joining-and-reconnecting': 'gap replay missed history',
  'high-rate.html': 'throttle debounce conflate conflation latest sampling rate',
  'authentication.html': 'auth authorization jwt bearer token login session oauth',
  'authentication.html#a-cookie': 'cookie cors credentials csrf',
  'limits.html#functions': 'vercel lambda netlify serverless timeout',
  'limits.html#nginx': 'kubernetes ingress k8s',
  'limits.html#six-connections': 'http2',
  'many-tabs.html': 'tab tabs share broadcastchannel sharedworker',
  'runs.html': 'run runs job background resumable queue',
  'fold.html': 'reducer fold state reduce',
  'compression.html': 'gzip compress compression brotli',
  'observability.html': 'metrics logging logs monitoring observability opentelemetry tracing trace prometheus grafana',
  'more-than-one-machine.html': 'redis valkey cluster scale scaling horizontal',
  'logs.html': 'persistence database durable postgres',
  'logs.html#sqlite-one-machine': 'sqlite',
  'recipes/proxies.html': 'nginx caddy apache traefik proxy buffering bursts',
  'when-streams-do-not-pass.html': 'poll polling long-polling fallback corporate firewall antivirus',
  'recipes/shutdown.html': 'docker sigterm deploy graceful',
  'recipes/hosts.html#express': 'express',
  'recipes/hosts.html#fastify': 'fastify',
  'recipes/hosts.html#koa': 'koa',
  'recipes/hosts.html#nest': 'nest nestjs',
  'recipes/hosts.html#hono': 'hono',
  'recipes/hosts.html#next': 'next nextjs',
  'recipes/hosts.html#the-others': 'h3 nitro nuxt sveltekit elysia astro remix',
  'recipes/frameworks.html#react': 'react hook hooks',
  'recipes/frameworks.html#vue': 'vue',
  'recipes/frameworks.html#svelte': 'svelte',
  'recipes/frameworks.html#solid': 'solid',
  'recipes/frameworks.html#react-native': 'react native expo mobile',
  'recipes/model-tokens.html': 'llm chat chatbot gpt',
  'recipes/ai-providers.html': 'ai gemini types',
  'recipes/ai-sdk.html': 'vercel-ai usechat',
  'recipes/openai.html': 'openai',
  'recipes/anthropic.html': 'anthropic claude',
  'recipes/ag-ui.html': 'tanstack copilotkit',
  'recipes/mcp.html': 'mcp',
  'recipes/playwright.html': 'playwright e2e',
  'recipes/dev-servers.html': 'vite webpack hmr',
  'recipes/presence.html': 'presence online',
  'recipes/outbox.html': 'outbox transaction',
  'runtimes.html#bun': 'bun',
  'runtimes.html#deno': 'deno',
  'runtimes.html#cloudflare-workers': 'cloudflare worker workers workerd edge',
  'testing.html': 'test tests mock vitest jest',
  'testing.html#msw': 'msw',
  'cli.html': 'curl tail terminal command',
  'cli.html#doctor': 'doctor diagnose diagnosis troubleshoot debug',
  'comparison.html': 'websocket alternatives mercure trpc',
  'migration.html': 'migrate eventsource socket.io',
  'versions.html': 'version semver upgrade compatibility release changelog',
  'errors.html': 'error codes',
  'glossary.html': 'glossary terminology',
}

/** The same, by the ids of the index, where the first section of a page goes by its title. */
const keywordsById = Object.fromEntries(
  Object.entries(KEYWORDS).map(([place, words]) => [place.includes('#') ? place : `${place}#${titleOf(place)}`, words]),
)

/** Pages that explain how the project came to be as it is. Who searches wants to know how to use it. */
const LEFT_OUT = /^(benchmarks|decisions)\//

/** Renders a page for the search index, with its keywords behind the headings. */
export function renderForSearch(source: string, env: MarkdownEnv, md: MarkdownRenderer): string {
  const html = md.render(source, env)
  if (LEFT_OUT.test(env.relativePath)) return ''
  const page = env.relativePath.replace(/md$/, 'html')
  return html.replace(/<h[1-6] id="([^"]*)".*?<\/h[1-6]>/gs, (heading, anchor: string) => {
    const words = keywordsById[`${page}#${anchor}`]
    return words ? `${heading}<p>${words}</p>` : heading
  })
}

/**
 * How much a result counts for a word: one that the word is a keyword of counts most, and the reference counts less than the
 * guides. The function runs in the page, where it has nothing but its own text.
 */
const boostDocument = new Function(
  'id',
  'term',
  `const path = id.replace(/^\\//, '')
  if (${JSON.stringify(keywordsById)}[path]?.split(' ').includes(term)) return 30
  return path.startsWith('api/') ? 0.2 : 1`,
) as (id: string, term: string) => number

/** A word of few letters is too near to another word ("nest", "next") to be a slip of the keyboard. */
const fuzzy = (term: string): number | false => (term.length > 5 ? 0.2 : false)

export const searchOptions = { prefix: true, fuzzy, boost: { title: 4, text: 2, titles: 1 }, boostDocument }

function titleOf(place: string): string {
  const text = readFileSync(new URL(`../${place.replace(/html$/, 'md')}`, import.meta.url), 'utf8')
  const title = /^# (.+)$/m.exec(text)![1]!
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
}
