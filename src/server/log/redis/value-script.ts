/** The most bytes of values that a log keeps beyond its history. */
const MAX_VALUES = 8 * 1024 * 1024
/** Entries at the beginning of the history, and their bytes, that are read along with the values. */
const AHEAD = 2_048
const MAX_PAGE = 1_048_576

/** The part of the script that keeps the values of keys whose entries are trimmed, and reads them. */
export const VALUES: string = `
-- Keeps an entry that leaves the stream as the value of its key: a list of topics, position and text, the newest first. A key that is
-- forgotten stays as a mark only while a value with other topics could be taken for the present one.
local function keepValue(key, position, entry)
  local head = cjson.decode(headOf(entry))
  local topics, list = cjson.encode(head[2] or false), {}
  local kept = redis.call('HGET', values, key)
  for _, value in ipairs(kept and cjson.decode(kept) or {}) do
    if value[1] ~= topics then list[#list + 1] = value end
  end
  local goes = head[4] and #list == 0
  table.insert(list, 1, { topics, position, entry })
  local packed = goes and '' or cjson.encode(list)
  local growth = #packed - (kept and #kept or 0)
  if not goes and growth > 0 and tonumber(redis.call('HGET', values, 'size') or 0) + growth > ${MAX_VALUES} then
    redis.call('HSET', values, 'lost', '1')
    goes, growth = true, kept and -#kept or 0
  end
  if goes then redis.call('HDEL', values, key) else redis.call('HSET', values, key, packed) end
  redis.call('HINCRBY', values, 'size', growth)
end

-- Whether the stream has lost no entry of this epoch.
local function isWhole()
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  return first and sequenceOf(first[1]) <= 1
end

-- Trims in pieces, as Redis itself does with ~. Values are kept from the beginning of a log on, or some are missing.
local function shorten(epoch, newest)
  local most = tonumber(ARGV[4])
  if ARGV[5] ~= '' then
    redis.call('XTRIM', stream, 'MAXLEN', '~', ARGV[4])
    return
  end
  if redis.call('XLEN', stream) - most < math.max(16, math.min(100, math.floor(most / 8))) then return end
  local last = newest - most
  if redis.call('EXISTS', values) == 0 then
    redis.call('HSET', values, 'size', '0')
    if not isWhole() then redis.call('HSET', values, 'lost', '1') end
  end
  for _, subject in ipairs(redis.call('ZRANGE', subjects, '-inf', text(last), 'BYSCORE')) do
    local position = text(redis.call('ZSCORE', subjects, subject))
    local id = epoch .. '-' .. position
    local entry = redis.call('XRANGE', stream, id, id)[1]
    if entry and entry[2][6] then keepValue(entry[2][6], position, entry[2][2]) end
  end
  redis.call('ZREMRANGEBYSCORE', subjects, '-inf', text(last))
  redis.call('XTRIM', stream, 'MINID', epoch .. '-' .. text(last + 1))
end

local function readValues()
  local epoch, name = current()
  if not epoch or redis.call('EXISTS', stream) == 0 then return { ARGV[3], '0', '1', '0' } end
  stay()
  local oldest, newest = bounds(epoch)
  local kept = ARGV[5] == '' and redis.call('EXISTS', values) == 1 and redis.call('HEXISTS', values, 'lost') == 0
  local reply = { name, '', (kept or isWhole()) and '1' or '', '0' }
  local upTo = oldest
  if ARGV[7] == '0' then
    -- The history goes on some entries later than it begins: it may be trimmed before its first page is read.
    local last = epoch .. '-' .. text(math.min(newest, oldest + ${AHEAD}))
    local bytes = 0
    for _, entry in ipairs(redis.call('XRANGE', stream, '-', last, 'COUNT', ${2 * AHEAD})) do
      upTo = math.max(upTo, sequenceOf(entry[1]))
      bytes = bytes + #entry[2][2]
      if entry[2][6] then
        reply[#reply + 1] = string.match(entry[1], '%d+$')
        reply[#reply + 1] = entry[2][2]
      end
      if bytes > ${MAX_PAGE} and upTo > oldest then break end
    end
  end
  reply[2] = text(upTo)
  if ARGV[5] == '' then
    local scanned = redis.call('HSCAN', values, ARGV[7], 'COUNT', '256')
    reply[4] = scanned[1]
    for index = 1, #scanned[2], 2 do
      if scanned[2][index] ~= 'size' and scanned[2][index] ~= 'lost' then
        reply[#reply + 1] = '-'
        reply[#reply + 1] = scanned[2][index + 1]
      end
    end
  end
  return reply
end
`
