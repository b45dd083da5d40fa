// Asks the built site's own search for words that people use: the page that they need comes first, and neither benchmarks nor
// decisions come at all. `npm run check:docs`, after `npm run docs`.
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { searchOptions } from './.vitepress/search.ts'

const EXPECTED: Record<string, string> = {
  ai: 'recipes/ai-providers',
  anthropic: 'recipes/anthropic',
  auth: 'authentication',
  backpressure: 'server#a-slow-client',
  'better-sse': 'migration',
  broadcast: 'channels',
  buffering: 'recipes/proxies',
  bun: 'runtimes#bun',
  bursts: 'recipes/proxies',
  'cloudflare workers': 'runtimes#cloudflare-workers',
  cookie: 'authentication',
  'corporate proxy': 'when-streams-do-not-pass',
  cors: 'authentication',
  curl: 'cli',
  cursor: 'client#cursors',
  dashboard: 'recipes/dashboard',
  debounce: 'high-rate',
  deno: 'runtimes#deno',
  deploy: 'recipes/shutdown',
  doctor: 'cli#doctor',
  docker: 'recipes/shutdown',
  express: 'recipes/hosts#express',
  fallback: 'when-streams-do-not-pass',
  fastify: 'recipes/hosts#fastify',
  gap: 'channels',
  glossary: 'glossary',
  grafana: 'observability',
  heartbeat: 'server',
  hono: 'recipes/hosts#hono',
  gzip: 'compression',
  hook: 'recipes/frameworks',
  http2: 'limits#six-connections',
  install: 'installation',
  jest: 'testing',
  jwt: 'authentication',
  kubernetes: 'limits#nginx',
  llm: 'recipes/model-tokens',
  'long polling': 'when-streams-do-not-pass',
  mcp: 'recipes/mcp',
  mock: 'testing',
  metrics: 'observability',
  msw: 'testing#msw',
  nest: 'recipes/hosts#nest',
  next: 'recipes/hosts#next',
  nextjs: 'recipes/hosts#next',
  nginx: 'recipes/proxies',
  notifications: 'recipes/notifications',
  observability: 'observability',
  openai: 'recipes/openai',
  playwright: 'recipes/playwright',
  opentelemetry: 'observability',
  presence: 'recipes/presence',
  progress: 'recipes/job-progress',
  prometheus: 'observability',
  react: 'recipes/frameworks#react',
  proxy: 'recipes/proxies',
  'react native': 'recipes/frameworks#react-native',
  reconnect: 'client',
  reducer: 'fold',
  redis: 'more-than-one-machine',
  retry: 'client',
  'resumable stream': 'runs',
  scaling: 'more-than-one-machine',
  semver: 'versions',
  snapshot: 'channels#a-snapshot',
  sqlite: 'logs',
  svelte: 'recipes/frameworks#svelte',
  tabs: 'many-tabs',
  throttle: 'high-rate',
  topics: 'channels#topics',
  transaction: 'recipes/outbox',
  typescript: 'installation',
  validation: 'event-map',
  vercel: 'limits#functions',
  vite: 'recipes/dev-servers',
  vue: 'recipes/frameworks#vue',
  websocket: 'comparison',
  worker: 'runtimes#cloudflare-workers',
  zod: 'event-map',
}

interface Found {
  readonly id: string
}
interface Index {
  search(words: string, options: object): readonly Found[]
}
interface MiniSearchClass {
  loadJSON(json: string, options: object): Index
}

const site = new URL('.vitepress/dist/', import.meta.url)
const MiniSearch = createRequire(new URL('node_modules/vitepress/', import.meta.url))('minisearch') as MiniSearchClass
const chunks = new URL('assets/chunks/', site)
const file = (await readdir(chunks)).find((name) => name.startsWith('@localSearchIndexroot'))!
const { default: json } = (await import(new URL(file, chunks).href)) as { default: string }
const index = MiniSearch.loadJSON(json, { fields: ['title', 'titles', 'text'], storeFields: ['title', 'titles'] })
const pathsFor = (words: string) =>
  index.search(words, searchOptions).map(({ id }) => id.replace(/^\//, '').replace('.html', ''))

let wrong = 0
for (const [words, expected] of Object.entries(EXPECTED)) {
  const [first = 'nothing', ...others] = pathsFor(words)
  const page = first.includes('#') && !expected.includes('#') ? first.replace(/#.*/, '') : first
  const unwanted = [first, ...others].filter((path) => /^(benchmarks|decisions)\//.test(path))
  if (page === expected && unwanted.length === 0) continue
  wrong++
  console.log([`"${words}" leads to ${first}, not to ${expected}`, ...others.slice(0, 3), ...unwanted].join('\n  '))
}
if (/"\/(benchmarks|decisions)\//.test(json)) {
  wrong++
  console.log('benchmarks or decisions are in the index')
}
console.log(wrong === 0 ? `${Object.keys(EXPECTED).length} words lead to their pages` : `${wrong} words do not`)
process.exitCode = wrong === 0 ? 0 : 1
