#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { demo } from './demo.ts'
import { doctor } from './doctor/doctor.ts'
import { say } from './say.ts'
import { nearest } from './suggest.ts'
import { tail } from './tail.ts'
import { COMMANDS, HELP, UsageError } from './usage.ts'

// `… | head` closes the pipe when it has seen enough.
process.stdout.on('error', ({ code }: Error & { code?: string }) => process.exit(code === 'EPIPE' ? 0 : 1))

const [command, ...args] = process.argv.slice(2)

if (command === '--version') {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  console.log(JSON.parse(manifest).version)
} else if (command === 'help' || isHelp(command) || args.some(isHelp)) process.stdout.write(HELP)
else {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    say(error.message)
    say('run eventwire --help for usage')
    process.exitCode = 2
  }
}

async function run(): Promise<void> {
  if (command === 'tail') process.exitCode = await tail(args)
  else if (command === 'doctor') process.exitCode = await doctor(args)
  else if (command === 'demo') await demo(args)
  else throw new UsageError(command === undefined ? 'no command given' : unknown(command))
}

function unknown(name: string): string {
  const meant = /[.:/]/.test(name) ? `tail ${name}` : nearest(name, COMMANDS)
  return `unknown command ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

function isHelp(argument: string | undefined): boolean {
  return argument === '--help' || argument === '-h'
}
