// Installs the compilers, the linter and the packages of test/compilers, when they are missing or others are asked for.
import { installFromLock } from './install-from-lock.ts'

installFromLock('test/compilers', 'TypeScript 5.9 and 6, ESLint and the packages of AI providers')
