/** The programs that a newcomer copies first, started beside the packed package: those of the README and of the site's home page. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocks } from '../../test/docs/blocks.ts'
import { addressOf, printed, startProgram } from '../../test/docs/run-program.ts'
import { type Running, root } from '../../test/programs.ts'

/** A document whose quick start is a server and a client. */
export interface QuickStart {
  readonly document: string
  readonly server: string
  readonly client: string
}

export const quickStarts: readonly QuickStart[] = [
  { document: 'README.md', server: 'server.ts', client: 'client.ts' },
  { document: 'docs/parts/first-events.md', server: 'server.ts', client: 'client.ts' },
]

/** The compiler options that the page about installing advises. */
export function advisedOptions(): object {
  const page = readFileSync(`${root}docs/installation.md`, 'utf8')
  return JSON.parse(/^```json title="tsconfig.json"\n(.*?)^```/ms.exec(page)![1]!).compilerOptions
}

/** Writes the two files into a folder of their own. @returns their names from `folder`. */
export function writeQuickStart(folder: string, { document, server, client }: QuickStart): string[] {
  const own = document.replace(/\W/g, '-')
  mkdirSync(join(folder, own))
  return [server, client].map((file) => {
    const block = blocks.find((each) => each.document === document && each.file === file)
    if (block === undefined) throw new Error(`${document} has no block with the title ${file}`)
    const name = join(own, file)
    writeFileSync(join(folder, name), block.code)
    return name
  })
}

/** Starts the server, and then the client and `eventwire tail`, each until it prints an event. */
export async function runQuickStart(folder: string, [server, client]: readonly string[]): Promise<void> {
  const running: Running[] = []
  const start = async (name: string, address = '') => {
    const program = await startProgram(join(folder, name), { 'http://localhost:3000': address })
    running.push(program)
    return program
  }
  try {
    const address = await addressOf(await start(server!))
    await printed(await start(client!, address))
    const command = join(folder, 'node_modules/.bin/eventwire')
    const line = execFileSync(command, ['tail', address, '--once', '--json'], { encoding: 'utf8', timeout: 20_000 })
    if (JSON.parse(line).type !== 'ping') throw new Error(line)
  } finally {
    await Promise.all(running.map((program) => program.stop('SIGKILL')))
  }
}
