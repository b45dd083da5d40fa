import { type Running, start } from '../programs.ts'

/** An example that runs as a program of its own. */
export interface Example {
  readonly url: string
  readonly server: Running
}

const running: Running[] = []

/** Starts an example on a free port, as a reader of the docs would. */
export async function startExample(name: string, env: Record<string, string> = {}): Promise<Example> {
  const server = await start('node', [`examples/${name}/server.ts`], { PORT: '0', ...env })
  running.push(server)
  const [, port] = await server.line(/^http:\/\/localhost:(\d+)\n$/)
  return { url: `http://127.0.0.1:${port}`, server }
}

/** Sends Ctrl-C to the examples that run. */
export async function stopExamples(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => server.stop()))
}
