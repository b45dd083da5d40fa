import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import llms from 'vitepress-plugin-llms'
import { leaveDocs, scrollPictures, titleBlocks } from './markdown.ts'
import { renderForSearch, searchOptions } from './search.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { paths } = JSON.parse(readFileSync(`${root}tsconfig.json`, 'utf8')).compilerOptions

/** The playground imports the package by its name, and gets its source. */
const alias = Object.entries<string[]>(paths).map(([name, [file]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: root + file,
}))

/** Events of different lengths, one below the other. */
const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3.5" fill="#4a63bd"/>\
<path d="M4 5h5M4 8h8M4 11h3.5" stroke="#fff" stroke-width="1.7" stroke-linecap="round"/></svg>`
const icon = `data:image/svg+xml,${encodeURIComponent(picture)}`

const page = (text: string, link: string) => ({ text, link: `/${link}` })

export default defineConfig({
  title: 'Eventwire',
  description:
    'Typed Server-Sent Events: one interface checks both ends, and a client that reconnects receives what it missed.',
  lang: 'en',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: icon }]],
  ignoreDeadLinks: false,
  srcExclude: ['node_modules/**', 'parts/**'],
  markdown: {
    // The default ones are too pale on the ground of a block.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(md) {
      titleBlocks(md)
      leaveDocs(md)
      scrollPictures(md)
    },
  },
  vite: { plugins: [llms({ ignoreFiles: ['decisions/**'] })], resolve: { alias }, server: { fs: { allow: [root] } } },
  themeConfig: {
    search: { provider: 'local', options: { _render: renderForSearch, miniSearch: { searchOptions } } },
    notFound: { linkLabel: 'Take me home' },
    outline: [2, 3],
    nav: [
      page('Guide', 'installation'),
      page('Recipes', 'recipes/hosts'),
      page('API', 'api/'),
      page('FAQ', 'faq'),
      page('Benchmarks', 'benchmarks/README'),
    ],
    sidebar: [
      {
        text: 'Begin',
        items: [
          page('Installation', 'installation'),
          page('The ping demo', 'ping-demo'),
          page('The event map', 'event-map'),
          page('The server stream', 'server'),
          page('The client', 'client'),
          page('Channels and replay', 'channels'),
          page('How it works', 'how-it-works'),
        ],
      },
      {
        text: 'Build',
        items: [
          page('State from events', 'fold'),
          page('Runs', 'runs'),
          page('Many tabs, one connection', 'many-tabs'),
          page('High-rate data', 'high-rate'),
          page('Authentication', 'authentication'),
          page('Testing', 'testing'),
          page('Mocking in Playwright', 'recipes/playwright'),
          page('The command line', 'cli'),
        ],
      },
      {
        text: 'Frameworks',
        items: [
          page('Web frameworks', 'recipes/hosts'),
          page('UI frameworks', 'recipes/frameworks'),
          page('Rendered pages', 'recipes/rendered-pages'),
          page('Vite, Next and other dev servers', 'recipes/dev-servers'),
        ],
      },
      {
        text: 'AI',
        items: [
          page('Tokens of a model', 'recipes/model-tokens'),
          page('AI SDK', 'recipes/ai-sdk'),
          page('OpenAI', 'recipes/openai'),
          page('Anthropic', 'recipes/anthropic'),
          page('AG-UI and TanStack AI', 'recipes/ag-ui'),
          page('MCP', 'recipes/mcp'),
          page("Providers' types", 'recipes/ai-providers'),
        ],
      },
      {
        text: 'Production',
        items: [
          page('Which log?', 'logs'),
          page('More than one machine', 'more-than-one-machine'),
          page('Shutting down', 'recipes/shutdown'),
          page('Behind proxies', 'recipes/proxies'),
          page('When streams do not pass', 'when-streams-do-not-pass'),
          page('Limits of proxies and hosts', 'limits'),
          page('Compression', 'compression'),
          page('Observability', 'observability'),
          page('Security', 'security'),
          page('Runtimes', 'runtimes'),
        ],
      },
      {
        text: 'Recipes',
        items: [
          page('Job progress', 'recipes/job-progress'),
          page('Notifications', 'recipes/notifications'),
          page('Dashboard', 'recipes/dashboard'),
          page('Presence', 'recipes/presence'),
          page('Publishing in a transaction', 'recipes/outbox'),
        ],
      },
      {
        text: 'API reference',
        items: [
          page('eventwire', 'api/eventwire/'),
          ...[
            'server',
            'client',
            'poll',
            'hub',
            'node',
            'runs',
            'redis',
            'sqlite',
            'gzip',
            'pages',
            'mcp',
            'diagnostics',
            'otel',
            'testing',
          ].map((entry) => page(`eventwire/${entry}`, `api/eventwire/${entry}/`)),
          ...['react', 'vue', 'svelte', 'solid'].map((entry) => page(`eventwire/${entry}`, `api/eventwire/${entry}/`)),
        ],
      },
      {
        text: 'Look up',
        items: [
          page('FAQ', 'faq'),
          page('Errors', 'errors'),
          page('Glossary', 'glossary'),
          page('The wire', 'wire'),
          page('Versions and compatibility', 'versions'),
          page('Architecture', 'architecture'),
          page('Migration', 'migration'),
          page('Comparison', 'comparison'),
          page('Benchmarks', 'benchmarks/README'),
          page('Decisions', 'decisions/README'),
        ],
      },
    ],
  },
})
