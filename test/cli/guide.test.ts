// The guide to the command line names every option and exit code that the program has, and no other.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { HELP } from '../../src/cli/usage.ts'
import { root } from '../programs.ts'

const guide = await readFile(`${root}docs/cli.md`, 'utf8')
const all = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([found]) => found))].sort()

it('names the options of tail', () => {
  const own = all(HELP, /--[a-z][a-z-]+/g).filter((option) => option !== '--version' && option !== '--help')
  const [, tail] = /## tail\n([\s\S]+?)\n### What is printed/.exec(guide)!
  expect(all(tail!, /--[a-z][a-z-]+/g)).toEqual(own)
})

it('names the exit codes', () => {
  const [, codes] = /### Exit codes\n([\s\S]+?)\n## /.exec(guide)!
  expect(all(codes!, /(?<=^\| )\d+/gm)).toEqual(all(HELP, /(?<=^ {2})\d+/gm))
})
