/** Whether one of these topics of an event matches a topic: a name, or a pattern with `*` for one segment and `**` for any number. */
export function matches(topic: string, topics: readonly string[] = []): boolean {
  const isPattern = topic.includes('*')
  return (
    topic === '**' || topics.some((name) => name === topic || (isPattern && goesOn(topic.split('/'), name.split('/'))))
  )
}

function goesOn([first, ...rest]: readonly string[], names: readonly string[]): boolean {
  if (first === '**' && goesOn(rest, names)) return true
  const [name, ...others] = names
  if (name === undefined) return first === undefined
  return first === '**' ? goesOn(['**', ...rest], others) : (first === '*' || first === name) && goesOn(rest, others)
}
