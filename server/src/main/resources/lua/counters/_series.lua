-- @include lib/integer
--
-- The value of a series key. A counter is a journal of (second, count) entries and, per precision, a
-- ring of slices, into which the journal is folded when it is full:
--
--   bytes 0-15   head: second of the newest entry, number of entries, 1 when a watcher is to be told
--                of the next change, 1 when increments go to the rings directly, second the rings
--                stand at or 0 when there are none; '>I4I2I1I1I4' and 4 spare bytes
--   16-335       32 entries: second as I4, count as 48-bit integer
--   from 336     the rings, precision by precision: a 64-bit count per slice, at the number of the
--                slice since 1970 modulo the number of samples
--
-- All numbers are big-endian. A slot that the rings have not come to yet is 0. Counts of entries stay
-- below 2^47 and are exact in a double; those of slices are only touched by BITFIELD. While no count of
-- a slice is beyond 2^62, folding cannot overflow; once one is, increments go to the rings directly.

local JOURNAL = 32
local HEAD = '>I4I2I1I1I4I4'
local RINGS = 16 + 10 * JOURNAL
local SMALL = 2 ^ 46
local LARGE = 2 ^ 62

-- Reads a shape: seconds of each precision, after the number of samples.
local function read_shape(text)
  local shape = {}
  for number in string.gmatch(text, '%d+') do
    shape[#shape + 1] = tonumber(number)
  end
  shape.samples = table.remove(shape, 1)
  shape.longest = shape[#shape]
  return shape
end

local function read_head(series)
  local head = redis.call('GETRANGE', series, 0, 15)
  local counter = {newest = 0, entries = 0, armed = 0, direct = 0, rings = 0}
  if head ~= '' then
    counter.newest, counter.entries, counter.armed, counter.direct, counter.rings =
      struct.unpack(HEAD, head)
  end
  return counter
end

local function pack_head(counter)
  return struct.pack(HEAD, counter.newest, counter.entries, counter.armed, counter.direct,
    counter.rings, 0)
end

-- The key expires when the newest slice of the longest precision does.
local function extend(series, shape, before, second)
  local slice = math.floor(math.max(second, before) / shape.longest)
  local expire = integer((slice + shape.samples) * shape.longest)
  if before == 0 then
    redis.call('EXPIREAT', series, expire)
  elseif slice > math.floor(before / shape.longest) then
    redis.call('EXPIREAT', series, expire, 'GT')
  end
end

-- Makes the rings stand at a second: slices that begin are set to 0.
local function advance(series, counter, shape, second)
  if counter.rings == 0 then
    local rings = string.rep('\0', RINGS - 16 + 8 * shape.samples * #shape)
    redis.call('SET', series, pack_head(counter) .. rings, 'KEEPTTL')
  end
  for i = 1, #shape do
    local slice = math.floor(second / shape[i])
    local gone = math.min(shape.samples, slice - math.floor(counter.rings / shape[i]))
    if counter.rings > 0 and gone > 0 then
      local ring = RINGS + 8 * shape.samples * (i - 1)
      local from = (slice - gone + 1) % shape.samples
      local run = math.min(gone, shape.samples - from)
      redis.call('SETRANGE', series, ring + 8 * from, string.rep('\0', 8 * run))
      if run < gone then
        redis.call('SETRANGE', series, ring, string.rep('\0', 8 * (gone - run)))
      end
    end
  end
  counter.rings = math.max(counter.rings, second)
end

-- The slots of the slices that a second lies in, as far as the rings still hold them.
local function slots(counter, shape, second)
  local places = {}
  for i = 1, #shape do
    local slice = math.floor(second / shape[i])
    if slice > math.floor(counter.rings / shape[i]) - shape.samples then
      places[#places + 1] = RINGS / 8 + shape.samples * (i - 1) + slice % shape.samples
    end
  end
  return places
end

-- Adds texts of numbers to slots. Returns false when one of them overflows.
local function add_to_rings(series, counter, sums)
  local command = {series, 'OVERFLOW', 'FAIL'}
  for slot, sum in pairs(sums) do
    local n = #command
    command[n + 1], command[n + 2], command[n + 3] = 'INCRBY', 'i64', '#' .. slot
    command[n + 4] = sum
  end
  local fits = true
  for _, count in ipairs(redis.call('BITFIELD', unpack(command))) do
    fits = fits and count
    if count and math.abs(count) > LARGE then
      counter.direct = 1
    end
  end
  return fits
end
