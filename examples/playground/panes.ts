/** How many lines a pane keeps. */
const MAX_LINES = 8

/** A pane: the state of one end, and what happened there, newest first. */
export class Pane {
  readonly #state: HTMLElement
  readonly #list: HTMLElement

  constructor(section: HTMLElement) {
    this.#state = section.querySelector<HTMLElement>('[data-state]')!
    this.#list = section.querySelector('ol')!
  }

  /** Shows a state: `open` is green, `waiting` amber and anything else grey. */
  setState(kind: 'open' | 'waiting' | 'closed', text: string): void {
    this.#state.dataset.state = kind
    this.#state.textContent = text
  }

  add(text: string, kind: 'tick' | 'note' | 'gap', tag = ''): void {
    const line = document.createElement('li')
    line.className = kind
    line.textContent = text
    if (tag !== '') line.append(' ', Object.assign(document.createElement('small'), { textContent: tag }))
    this.#list.prepend(line)
    if (this.#list.children.length > MAX_LINES) this.#list.lastElementChild!.remove()
  }
}
