/**
 * All that is done in Redis, as one Lua script: were it two, one could be known to Redis and the other not, and what was sent first
 * would happen last.
 *
 * KEYS: the stream and the life of the log. The life is a text of three words: who wrote it, the epoch as Redis counts it (the
 * milliseconds of the entries' ids) and the epoch as it stands in cursors.
 *
 * ARGV: what to do; a new epoch, as a number and as a name; the most entries; their greatest age or ''; milliseconds until a log goes that
 * nobody uses, or ''.
 * - `append` adds an entry and tells of it in the same step. ARGV goes on: the channel of its notifications; the entry; how an end begins. Answers epoch
 *   and position, or '' when the newest entry is an end and this is none.
 * - `read` reads entries. ARGV goes on: epoch and position to read after, or '' and 0; how many; how many bytes. Answers epoch,
 *   newest, oldest, and for each entry its time and its text.
 *
 * The writer is known by its `master_replid`: Redis draws a new one whenever it starts as a master or becomes one. Its `run_id` would
 * not do: a server that was master, was a replica for a while and is master again has kept it, and may have lost entries.
 */
export const SCRIPT = `
local stream, life = KEYS[1], KEYS[2]
local function server()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end
-- The epoch of the log, unless another server wrote it.
local function current()
  local kept = redis.call('GET', life)
  if not kept then return end
  local writer, number, name = string.match(kept, '(%S+) (%S+) (%S+)')
  if writer == server() then return number, name end
end
local function begin()
  local number, name = ARGV[2], ARGV[3]
  redis.call('UNLINK', stream)
  redis.call('XADD', stream, number .. '-0', 'e', '', 'a', '0')
  redis.call('SET', life, server() .. ' ' .. number .. ' ' .. name)
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

local function stay()
  if ARGV[6] == '' then return end
  redis.call('PEXPIRE', stream, ARGV[6])
  redis.call('PEXPIRE', life, ARGV[6])
end

local function append()
  local at = now()
  local function add(epoch)
    return redis.call('XADD', stream, 'NOMKSTREAM', 'MAXLEN', '~', ARGV[4], epoch .. '-*', 'e', ARGV[8], 'a', text(at))
  end
  local epoch, name = current()
  local newest = epoch and redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  local function ends(text) return string.sub(text, 1, #ARGV[9]) == ARGV[9] end
  if newest and ends(newest[2][2]) then return ends(ARGV[8]) and name .. string.match(newest[1], '%-%d+$') or '' end
  local id = epoch and add(epoch)
  if not id then
    epoch, name = begin()
    id = add(epoch)
  end
  if ARGV[5] ~= '' then
    local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    local since = at - tonumber(ARGV[5])
    if tonumber(first[2][4]) < since then
      local last = outdated(epoch, sequenceOf(first[1]), sequenceOf(id) - 1, since)
      redis.call('XTRIM', stream, 'MINID', epoch .. '-' .. text(last + 1))
    end
  end
  stay()
  local position = name .. '-' .. string.match(id, '%-(%d+)$')
  redis.call('PUBLISH', ARGV[7], position .. '\\n' .. ARGV[8])
  return position
end

-- Somebody has deleted entries: what is before them is answered first, then they are told as trimmed.
local function hole(answer, last)
  if #answer == 3 then answer[3] = text(last) end
  return answer
end

local function read()
  local epoch, name = current()
  if not epoch or redis.call('EXISTS', stream) == 0 then epoch, name = begin() end
  stay()
  local newest, oldest = 0, 0
  local info = redis.call('XINFO', 'STREAM', stream)
  for index = 1, #info, 2 do
    if info[index] == 'last-generated-id' then newest = sequenceOf(info[index + 1]) end
    if info[index] == 'first-entry' and info[index + 1] then oldest = sequenceOf(info[index + 1][1]) - 1 end
  end
  oldest = math.max(oldest, newest - tonumber(ARGV[4]), 0)
  if ARGV[5] ~= '' then oldest = outdated(epoch, oldest, newest, now() - tonumber(ARGV[5])) end
  local answer = { name, text(newest), text(oldest) }
  local after, rest, bytes = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
  if ARGV[7] ~= name or after < oldest or after > newest then return answer end
  while rest > 0 and bytes > 0 and after < newest do
    local part = redis.call('XRANGE', stream, epoch .. '-' .. text(after + 1), '+', 'COUNT', math.min(rest, 16))
    if #part == 0 then return hole(answer, newest) end
    for _, entry in ipairs(part) do
      local position = sequenceOf(entry[1])
      if position ~= after + 1 then return hole(answer, position - 1) end
      after = position
      answer[#answer + 1] = entry[2][4]
      answer[#answer + 1] = entry[2][2]
      bytes = bytes - #entry[2][2]
    end
    rest = rest - #part
  end
  return answer
end

if ARGV[1] == 'append' then return append() end
return read()
`

let sha: Promise<string> | undefined

/** The name under which Redis keeps the script. */
export function shaOfScript(): Promise<string> {
  sha ??= digest(SCRIPT)
  return sha
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
