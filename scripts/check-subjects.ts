// Holds the subjects of commits to 72 characters, so that `git log --oneline` and mail readers show them whole.
import { spawnSync } from 'node:child_process'

const LONGEST = 72
/** The rule begins after this commit. */
const BEFORE = '63770d5ea663'

const history = git('log', '--format=%s', `${BEFORE}..HEAD`)
// A shallow clone does not have that commit, and a package has no history at all.
const subjects = (history ?? git('log', '--format=%s', '--max-count=20') ?? '').split('\n')
const long = subjects.filter((subject) => [...subject].length > LONGEST)

for (const subject of long)
  console.error(`subject has ${[...subject].length} characters, ${LONGEST} at most: ${subject}`)
if (long.length > 0) process.exitCode = 1

function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
