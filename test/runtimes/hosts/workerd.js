import { handle } from '../fetch-app.js'

export default {
  fetch: (request, _env, context) => handle(request, { waitUntil: (promise) => context.waitUntil(promise) }),
}
