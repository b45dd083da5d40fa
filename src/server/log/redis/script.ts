import { END } from './fields.ts'
import { VALUES } from './value-script.ts'

/**
 * The only Lua script. With two scripts, one could be missing from the script cache while the other is not, and
 * commands would run out of order.
 *
 * KEYS: the stream, the life of the log, the position of the newest entry of each key, the values of keys that were trimmed,
 * and the position of the newest entry of each name, key and list of topics. The life is a text of three words: who wrote
 * it, the epoch as Redis counts it (the milliseconds of the entries' ids) and the epoch as it stands in cursors.
 *
 * ARGV: what to do; a new epoch, as a number and as a name; the most entries; their greatest age or ''; milliseconds after which an unused log expires, or ''.
 * - `append` adds a batch and notifies in the same step. Further ARGV: the channel of its notifications; the position after which and
 *   the epoch in which alone to append, or ''; whether it may repeat the end, or ''; the lengths of the entries as text; their number;
 *   the entries; the key of each with a sign before it, - when it is forgotten, or ''. Replies epoch and position of the last entry; = before that of an
 *   end that is repeated; '' behind an end; ! before the head when a condition does not hold.
 * - `read` reads entries. Further ARGV: epoch and position to read after, or '' and 0; how many; how many bytes; whether to begin a log that is not there, or
 *   ''; whether to leave out superseded entries, or ''. Replies epoch, newest, oldest, where to continue, and for each entry its
 *   time (its position, when some are left out) and its text.
 * - `values` reads the values of keys up to a position from which the history continues. Further ARGV: the cursor of the scan, '0' at first.
 *   Replies the epoch, that position, 1 when no value is missing, the cursor of the next page or '0', and what it has found: a position and
 *   a text for each entry of the stream, and the values of the hash after a '-'.
 *
 * The writer is known by its `master_replid`: Redis draws a new one whenever it starts as a master or becomes one. Its `run_id` would
 * not do: a server that was master, was a replica for a while and is master again has kept it, and may have lost entries.
 */
export const SCRIPT: string = `
local stream, life, latest, values, subjects = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
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
  redis.call('UNLINK', stream, latest, values, subjects)
  redis.call('XADD', stream, number .. '-0', 'e', '', 'a', '0')
  redis.call('SET', life, server() .. ' ' .. number .. ' ' .. name)
  return number, name
end
local function ends(text) return string.sub(text, 1, ${END.length}) == '${END}' end
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
  redis.call('PEXPIRE', latest, ARGV[6])
  redis.call('PEXPIRE', values, ARGV[6])
  redis.call('PEXPIRE', subjects, ARGV[6])
end

-- The newest position that there was, or nil when there is no stream.
local function newestPosition()
  if redis.call('EXISTS', stream) == 0 then return end
  local info = redis.call('XINFO', 'STREAM', stream)
  for index = 1, #info, 2 do
    if info[index] == 'last-generated-id' then return sequenceOf(info[index + 1]) end
  end
end

local function trim(epoch, newest, at)
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  local since = at - tonumber(ARGV[5])
  if tonumber(first[2][4]) >= since then return end
  local last = outdated(epoch, sequenceOf(first[1]), newest - 1, since)
  redis.call('XTRIM', stream, 'MINID', epoch .. '-' .. text(last + 1))
  redis.call('ZREMRANGEBYSCORE', latest, '-inf', text(last))
end

-- Name, topics and key, as the first line of an entry has them.
local function headOf(entry) return string.match(entry, '^[^\\n]*') end

local function keep(key, position, entry)
  local sign, member = string.sub(key, 1, 1), string.sub(key, 2)
  if sign == '-' then redis.call('ZREM', latest, member) else redis.call('ZADD', latest, text(position), member) end
  redis.call('ZREMRANGEBYSCORE', latest, '-inf', text(position - tonumber(ARGV[4])))
  if ARGV[5] == '' then redis.call('ZADD', subjects, text(position), (string.gsub(headOf(entry), ',1%]$', ']'))) end
end

-- The position before the oldest entry within the bounds, and that of the newest.
local function bounds(epoch)
  local newest, oldest = 0, 0
  local info = redis.call('XINFO', 'STREAM', stream)
  for index = 1, #info, 2 do
    if info[index] == 'last-generated-id' then newest = sequenceOf(info[index + 1]) end
    if info[index] == 'first-entry' and info[index + 1] then oldest = sequenceOf(info[index + 1][1]) - 1 end
  end
  oldest = math.max(oldest, newest - tonumber(ARGV[4]), 0)
  if ARGV[5] ~= '' then oldest = outdated(epoch, oldest, newest, now() - tonumber(ARGV[5])) end
  return oldest, newest
end

${VALUES}
local function append()
  local at = now()
  local epoch, name = current()
  local entry = epoch and redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if entry and ends(entry[2][2]) then
    return ARGV[10] ~= '' and '=' .. name .. string.match(entry[1], '%-%d+$') or ''
  end
  -- The newest entry may have been deleted by hand. Only a condition on it is worth the dearer look.
  local newest = entry and ARGV[8] == '' and 0 or epoch and newestPosition()
  if not newest then epoch, name, newest = nil, ARGV[3], 0 end
  if (ARGV[8] ~= '' and ARGV[8] ~= name .. '-' .. text(newest)) or (ARGV[9] ~= '' and ARGV[9] ~= name) then
    return '!' .. name .. '-' .. text(newestPosition() or 0)
  end
  if not epoch then epoch = begin() end
  local count, time, id = tonumber(ARGV[12]), text(at)
  for index = 13, 12 + count do
    local key = ARGV[index + count]
    if key == '' then
      id = redis.call('XADD', stream, epoch .. '-*', 'e', ARGV[index], 'a', time)
    else
      id = redis.call('XADD', stream, epoch .. '-*', 'e', ARGV[index], 'a', time, 'k', string.sub(key, 2))
      keep(key, sequenceOf(id), ARGV[index])
    end
  end
  shorten(epoch, sequenceOf(id))
  if ARGV[5] ~= '' then trim(epoch, sequenceOf(id), at) end
  stay()
  local position = name .. string.match(id, '%-%d+$')
  redis.call('PUBLISH', ARGV[7], position .. ' ' .. ARGV[11] .. '\\n' .. table.concat(ARGV, '', 13, 12 + count))
  return position
end

local function supersedes(entry, position)
  local key = entry[2][6]
  return key and tonumber(redis.call('ZSCORE', latest, key) or 0) ~= position
end

local function read()
  local epoch, name = current()
  if not epoch or redis.call('EXISTS', stream) == 0 then
    if ARGV[11] == '' then return { ARGV[3], '0', '0', '0' } end
    epoch, name = begin()
  end
  stay()
  local oldest, newest = bounds(epoch)
  local leaving = ARGV[12] ~= ''
  local after, rest, bytes = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
  if ARGV[7] == '' and leaving then after = oldest end
  local start = after
  local reply = { name, text(newest), text(oldest), text(after) }
  if (ARGV[7] ~= name and not (ARGV[7] == '' and leaving)) or after < oldest or after > newest then return reply end
  local last = newest
  -- However much is left out, a page looks at so many entries only: Redis does nothing else meanwhile.
  if leaving then last = math.min(newest, after + 2048) end
  while rest > 0 and bytes > 0 and after < last do
    local part = redis.call('XRANGE', stream, epoch .. '-' .. text(after + 1), '+', 'COUNT', math.min(rest, last - after, 16))
    local hole = #part == 0 and newest + 1
    for _, entry in ipairs(part) do
      local position = sequenceOf(entry[1])
      if position ~= after + 1 then
        hole = position
        break
      end
      after = position
      if not (leaving and supersedes(entry, position)) then
        reply[#reply + 1] = leaving and text(position) or entry[2][4]
        reply[#reply + 1] = entry[2][2]
        rest = rest - 1
        bytes = bytes - #entry[2][2]
      end
    end
    if hole then
      -- Entries were deleted by hand: those before them are returned first, then a gap.
      if after == start then reply[3] = text(hole - 1) end
      break
    end
  end
  reply[4] = text(after)
  return reply
end

if ARGV[1] == 'append' then return append() end
if ARGV[1] == 'values' then return readValues() end
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
