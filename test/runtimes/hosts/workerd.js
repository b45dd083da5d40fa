import { handle } from '../fetch-app.js'

export default { fetch: (request) => handle(request) }
