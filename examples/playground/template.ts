/** The playground's elements. Nothing in here comes from events: what they bring is put in as text. */
export const TEMPLATE = `
<div class="playground-controls" role="group" aria-label="Controls">
  <button type="button" data-action="run"></button>
  <button type="button" data-action="cut"></button>
  <button type="button" data-action="slow"></button>
  <button type="button" data-action="restart">Restart the server</button>
  <button type="button" data-action="forget">Restart without history</button>
</div>
<p class="playground-story" role="status"></p>
<div class="playground-panes">
  <section aria-label="Server">
    <h3>Server <span class="playground-state" data-state></span></h3>
    <ol aria-label="Published, newest first" data-published></ol>
  </section>
  <section aria-label="Client">
    <h3>Client <span class="playground-state" data-state></span></h3>
    <ol aria-label="Received, newest first" data-received></ol>
  </section>
</div>`
