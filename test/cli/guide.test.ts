// The guide to the command line names every option and exit code that the program has, and no other.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { CHECK_NAMES } from '../../src/cli/doctor/examine.ts'
import { HELP } from '../../src/cli/usage.ts'
import { root } from '../programs.ts'

const guide = await readFile(`${root}docs/cli.md`, 'utf8')
const all = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([found]) => found))].sort()

it.each(['tail', 'doctor', 'demo'])('names the options of %s', (command) => {
  const options = /--[a-z][a-z-]+/g
  const [, own] = new RegExp(`Options of ${command}:\n([\\s\\S]+?)\n\n`).exec(HELP)!
  const [, section] = new RegExp(`## ${command}\n([\\s\\S]+?)(?=\n###? |$)`).exec(guide)!
  expect(all(section!, options).filter((option) => option !== '--help')).toEqual(all(own!, options))
})

it('names the exit codes', () => {
  const [, codes] = /### Exit codes\n([\s\S]+?)\n## /.exec(guide)!
  expect(all(codes!, /(?<=^\| )\d+/gm)).toEqual(all(HELP, /(?<=^ {2})\d+/gm))
})

it('names the checks of the doctor', () => {
  const [, table] = /### What it checks\n([\s\S]+?)\n\nEach line/.exec(guide)!
  const named = [...table!.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, names]) => names!.replaceAll('`', '').split(', '))
  expect(named).toEqual(CHECK_NAMES)
})
