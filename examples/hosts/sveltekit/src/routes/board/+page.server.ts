import { boardForPage } from '../../../../board.ts'

export const load = boardForPage
