/** Whether `FORCE_COLOR` asks for the layout of a terminal in a pipe, too. */
export function isForced(): boolean {
  const { FORCE_COLOR } = process.env
  return FORCE_COLOR !== undefined && !['', '0', 'false'].includes(FORCE_COLOR)
}
