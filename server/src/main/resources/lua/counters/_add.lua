-- @include counters/_series
--
-- Adding to a counter. The head that is passed along is written by write_head.

-- Moves the journal into the rings.
local function fold(series, counter, shape)
  if counter.entries == 0 then
    return
  end
  local journal = redis.call('GETRANGE', series, 16, 15 + 10 * counter.entries)
  local seconds, counts, newest = {}, {}, counter.rings
  for i = 1, counter.entries do
    seconds[i], counts[i] = struct.unpack('>I4i6', journal, 10 * i - 9)
    newest = math.max(newest, seconds[i])
  end
  advance(series, counter, shape, newest)
  counter.entries = 0
  local sums = {}
  for i, second in ipairs(seconds) do
    for _, slot in ipairs(slots(counter, shape, second)) do
      sums[slot] = (sums[slot] or 0) + counts[i]
    end
  end
  for slot, sum in pairs(sums) do
    sums[slot] = integer(sum)
  end
  add_to_rings(series, counter, sums)
end

-- Adds to the rings at once. Returns false, and has changed no count, when one overflows.
local function add_directly(series, counter, shape, second, delta)
  fold(series, counter, shape)
  if second > counter.rings then
    advance(series, counter, shape, second)
  end
  local before = redis.call('GET', series)
  local sums = {}
  for _, slot in ipairs(slots(counter, shape, second)) do
    sums[slot] = delta
  end
  if add_to_rings(series, counter, sums) then
    return true
  end
  redis.call('SET', series, before, 'KEEPTTL')
  return false
end

-- Adds to the newest entry of the journal, or a new one. Returns false as add_directly does.
local function add_to_journal(series, counter, shape, second, delta)
  if counter.entries > 0 and second == counter.newest then
    local last = '' .. 8 * (10 + 10 * counter.entries)
    if redis.call('BITFIELD', series, 'OVERFLOW', 'FAIL', 'INCRBY', 'i48', last, delta)[1] then
      return true
    end
  end
  if counter.entries == JOURNAL then
    fold(series, counter, shape)
    if counter.direct == 1 then
      return add_directly(series, counter, shape, second, delta)
    end
  end
  local entry = struct.pack('>I4i6', second, tonumber(delta))
  redis.call('SETRANGE', series, 16 + 10 * counter.entries, entry)
  counter.entries = counter.entries + 1
  counter.newest = second
  return true
end

-- Adds what happened at a second, or refuses it. Returns '+' when the counter is new, '-' when it is
-- not, or the reason.
local function add(series, counter, shape, now, second, delta)
  second = second == '' and now or tonumber(second)
  local kept = (math.floor(now / shape.longest) - shape.samples + 1) * shape.longest
  if second > now + 60 or second < kept then
    return 'EVENT_TIME_OUT_OF_RANGE'
  end
  second = math.min(second, now)
  counter.touched = true
  local before = math.max(counter.newest, counter.rings)
  local fits
  if counter.direct == 0 and math.abs(tonumber(delta)) < SMALL then
    fits = add_to_journal(series, counter, shape, second, delta)
  else
    fits = add_directly(series, counter, shape, second, delta)
  end
  extend(series, shape, before, second)
  if not fits then
    return 'COUNTER_OVERFLOW'
  end
  return before == 0 and '+' or '-'
end

-- Writes the head if it may have changed, and tells those who watch.
local function write_head(series, counter)
  if not counter.touched then
    return
  end
  local armed = counter.armed == 1
  counter.armed = 0
  redis.call('SETRANGE', series, 0, pack_head(counter))
  if armed then
    redis.call('SPUBLISH', series, '')
  end
end

-- Adds one after the other. Returns the present second and the outcome of each.
local function add_all(series, shape, increments)
  local now = tonumber(redis.call('TIME')[1])
  local counter = read_head(series)
  local answer = {now}
  for i = 1, #increments, 2 do
    answer[#answer + 1] = add(series, counter, shape, now, increments[i + 1], increments[i])
  end
  write_head(series, counter)
  return answer
end
