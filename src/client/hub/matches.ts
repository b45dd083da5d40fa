/** Whether one of these topics of an event matches a topic: a name, or a pattern with `*` for one segment and `**` for any number. */
export function matches(topic: string, topics: readonly string[] | undefined): boolean {
  if (topic === '**') return true
  return (
    topics?.some((name) => name === topic || (topic.includes('*') && goesOn(topic.split('/'), name.split('/')))) ??
    false
  )
}

function goesOn([first, ...rest]: readonly string[], names: readonly string[]): boolean {
  if (first === undefined) return names.length === 0
  if (first === '**') return goesOn(rest, names) || (names.length > 0 && goesOn([first, ...rest], names.slice(1)))
  return names.length > 0 && (first === '*' || first === names[0]) && goesOn(rest, names.slice(1))
}
