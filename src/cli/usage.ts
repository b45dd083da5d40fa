/** A command line that cannot be understood. */
export class UsageError extends Error {}

export const COMMANDS = ['tail', 'doctor', 'demo', 'help'] as const

export const HELP = `Usage: eventwire <command>

Commands:
  tail <url>     print the events of a server, and stay connected
  doctor <url>   find what holds a stream back, and how to cure it
  demo           serve the ping demo
  help           show this help

Options of tail:
  --event <name>          print events of this name only; may be repeated
  --once                  end after the first event printed
  --json                  print one JSON object per line: time, type, id, data
  -X, --request <method>  the method, GET by default, POST with --data
  -d, --data <body>       send a body, @file reads it; JSON is sent as application/json
  -H, --header <header>   send a header, as in 'Authorization: Bearer …'; may be repeated
  --last-event-id <id>    start after this event

Options of doctor:
  -H, --header <header>   send a header, as in 'Authorization: Bearer …'; may be repeated
  --origin <origin>       check CORS for a page of this origin, such as https://app.example.com
  --timeout <seconds>     watch the stream for at most this long, 40 by default
  --slow <seconds>        a first byte or a heartbeat this late counts as late, 1 by default
  --settle <seconds>      wait this long for a replay after a reconnect, 2 by default
  --json                  print the report as one JSON object

Options of demo:
  -p, --port <number>     listen on this port, 3000 by default; the variable PORT does the same

On a terminal, events are formatted and coloured (NO_COLOR and FORCE_COLOR are respected).
Into a pipe or a file they are written as an event stream.

  -h, --help   show this help
  --version    show the version

Exit codes:
  0    --once has printed its event, or the server ended the stream for good; doctor found no fault
  1    the server refused, the response is not an event stream, or --once received no event; doctor found a fault
  2    the command is invalid
  130  Ctrl-C
`
