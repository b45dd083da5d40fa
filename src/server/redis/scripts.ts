/** A Lua script and the name that Redis keeps it under. */
export interface Script {
  readonly text: string
  readonly sha: Promise<string>
}

/**
 * KEYS: the stream and the life of the log. The life is a text of three words: who wrote it, the epoch as Redis counts it (the
 * milliseconds of the entries' ids) and the epoch as it stands in cursors.
 *
 * `run_id` is new after each restart, `master_replid` after each promotion, so that a server that was master before, and is
 * again, is not taken for one that has seen everything.
 */
const LIFE = `
local stream, life = KEYS[1], KEYS[2]
local function open(number, name)
  local info = redis.call('INFO', 'server', 'replication')
  local server = string.match(info, 'run_id:(%w+)') .. ':' .. string.match(info, 'master_replid:(%w+)')
  local kept = redis.call('GET', life)
  if kept and redis.call('EXISTS', stream) == 1 then
    local writer, epoch, text = string.match(kept, '(%S+) (%S+) (%S+)')
    if writer == server then return epoch, text end
  end
  redis.call('UNLINK', stream)
  redis.call('XADD', stream, number .. '-0', 'e', '', 'a', '0')
  redis.call('SET', life, server .. ' ' .. number .. ' ' .. name)
  return number, name
end
local function text(number) return string.format('%.0f', number) end
local function sequenceOf(id) return tonumber(string.match(id, '%-(%d+)$')) end
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
-- The last position whose entry is older than that: positions have no holes, so halving finds it.
local function outdated(epoch, from, to, since)
  local low, high = from + 1, to + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    local id = epoch .. '-' .. text(middle)
    local entry = redis.call('XRANGE', stream, id, id)[1]
    if entry and tonumber(entry[2][4]) >= since then high = middle else low = middle + 1 end
  end
  return low - 1
end
`

/**
 * Adds an entry and tells of it in one step. ARGV: a new epoch, twice; most entries; their greatest age or ''; milliseconds until
 * an idle log goes or ''; PUBLISH or SPUBLISH; its channel; the entry. Answers epoch and position.
 */
export const APPEND: Script = script(`${LIFE}
local epoch, name = open(ARGV[1], ARGV[2])
local at = now()
local id = redis.call('XADD', stream, 'MAXLEN', '~', ARGV[3], epoch .. '-*', 'e', ARGV[8], 'a', text(at))
if ARGV[4] ~= '' then
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  local since = at - tonumber(ARGV[4])
  if tonumber(first[2][4]) < since then
    local last = outdated(epoch, sequenceOf(first[1]), sequenceOf(id) - 1, since)
    redis.call('XTRIM', stream, 'MINID', epoch .. '-' .. text(last + 1))
  end
end
if ARGV[5] ~= '' then
  redis.call('PEXPIRE', stream, ARGV[5])
  redis.call('PEXPIRE', life, ARGV[5])
end
local position = name .. '-' .. string.match(id, '%-(%d+)$')
redis.call(ARGV[6], ARGV[7], position .. '\\n' .. ARGV[8])
return position
`)

/**
 * Reads entries. ARGV: a new epoch, twice; most entries kept; their greatest age or ''; epoch and position to read after, or ''; how
 * many; how many bytes. Answers epoch, newest, oldest, and for each entry its time and text.
 */
export const READ: Script = script(`${LIFE}
local epoch, name = open(ARGV[1], ARGV[2])
local newest, oldest = 0, 0
local info = redis.call('XINFO', 'STREAM', stream)
for index = 1, #info, 2 do
  if info[index] == 'last-generated-id' then newest = sequenceOf(info[index + 1]) end
  if info[index] == 'first-entry' then oldest = sequenceOf(info[index + 1][1]) - 1 end
end
oldest = math.max(oldest, newest - tonumber(ARGV[3]), 0)
if ARGV[4] ~= '' then oldest = outdated(epoch, oldest, newest, now() - tonumber(ARGV[4])) end
local answer = { name, text(newest), text(oldest) }
local after, rest, bytes = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
if ARGV[5] ~= name or after < oldest or after > newest then return answer end
while rest > 0 and bytes > 0 and after < newest do
  local part = redis.call('XRANGE', stream, epoch .. '-' .. text(after + 1), '+', 'COUNT', math.min(rest, 16))
  for _, entry in ipairs(part) do
    answer[#answer + 1] = entry[2][4]
    answer[#answer + 1] = entry[2][2]
    bytes = bytes - #entry[2][2]
  end
  after = after + #part
  rest = rest - #part
end
return answer
`)

function script(text: string): Script {
  let sha: Promise<string> | undefined
  return {
    text,
    get sha() {
      sha ??= digest(text)
      return sha
    },
  }
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
