/** A command line that cannot be understood. */
export class UsageError extends Error {}

export const COMMANDS = ['tail', 'demo', 'help'] as const

export const HELP = `Usage: eventwire <command>

Commands:
  tail <url>   print the events of a server, and stay connected
  demo         serve the ping demo
  help         show this

Options of tail:
  --event <name>          print events of this name only; may be repeated
  --once                  end after the first event printed
  --json                  print one JSON object a line: time, type, id, data
  -X, --request <method>  the method, GET by default, POST with --data
  -d, --data <body>       send a body, @file reads it; JSON is sent as application/json
  -H, --header <header>   send a header, as in 'Authorization: Bearer …'; may be repeated
  --last-event-id <id>    begin after this event

Options of demo:
  -p, --port <number>     listen on this port, 3000 by default; the variable PORT does the same

On a terminal events are laid out and coloured (NO_COLOR and FORCE_COLOR are honoured);
into a pipe or a file they go as they stand on the wire.

  -h, --help   show this
  --version    show the version

Exit codes:
  0    --once has printed its event, or the server ended the stream for good
  1    the server refused, the response is not an event stream, or --once found no event
  2    the command cannot be understood
  130  Ctrl-C
`
