import { boardForPage } from '../../../board.ts'
import { Notes } from './notes.tsx'

export const dynamic = 'force-dynamic'

export default async function Page() {
  return <Notes {...(await boardForPage())} />
}
