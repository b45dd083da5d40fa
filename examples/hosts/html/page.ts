import { boardForPage } from '../board.ts'

export async function page(): Promise<string> {
  const { cursor, notes } = await boardForPage()
  return `<!doctype html>
<title>Board</title>
<ul id="notes" data-cursor="${cursor}">
${notes.map(({ text }) => `<li>${asHtml(text)}</li>`).join('\n')}
</ul>
<script>
  const notes = document.getElementById('notes')
  const source = new EventSource('/board/events?lastEventId=' + notes.dataset.cursor)
  source.addEventListener('added', ({ data }) => {
    notes.append(Object.assign(document.createElement('li'), { textContent: JSON.parse(data).text }))
  })
  source.addEventListener('sse:gap', () => location.reload())
</script>`
}

function asHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
