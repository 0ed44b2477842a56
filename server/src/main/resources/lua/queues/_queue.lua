-- @include lib/integer
-- @include lib/time
--
-- A queue. All its scripts take the same keys first: meta, tasks, ready, delayed, leased, parked,
-- dead, done, finished, waiters.
--
-- 'tasks' is a hash; each task has some of these fields:
--   <id>    what it was added as: a head of numbers, fairness key, kind, payload (see queues/_task)
--   #<id>   its payload, when it is too long to stand in there
--   !<id>   what became of it so far (see queues/_task); absent until it is leased for the first time
--   ?<id>   errors of its attempts (see queues/_errors)
--   %<id>   how far its worker said it is
-- An id is a number of this queue, max(last + 1, now in microseconds), as 13 hexadecimal digits, and
-- 8 random characters. Fences are numbers of the same kind.
--
-- 'ready' is a sorted set by band * 2^48 + tag: a band for each priority, one more for tasks whose
-- delay has ended; lower ones first. Tags give keys their turns (see queues/_place). 'delayed', 'leased', 'dead'
-- and 'finished' are sorted by the time at which each task starts, ends its lease, died and will be
-- forgotten. 'parked' are tasks whose fairness key has as many leases as it may: key, line feed, 2 digits of the
-- band and the id, in byte order. 'waiters' are servers with idle workers by the time of their call.
--
-- 'meta' is a hash: last, the last number or the time of the last change in us, whichever is greater;
-- size, the tasks there are that have not finished; the settings paused, leases, per_key, most;
-- watched, until when in ms somebody follows tasks; minute of the newest rates, which stand at
-- <what><minute % 16>; tidied, the minute in which old tasks were last forgotten; righted (see
-- queues/_clock); lost, calls that must not lease anything any more (see queues/reclaim); busy<LF><key>,
-- leases of a key; top<band> and lane<band><LF><key> (see queues/_place); redrive, when the next
-- redriven task starts.

local BAND = 281474976710656
local IDLE_MS = 3456000000
local MINUTES = 16
local RATES = {'enqueued', 'done', 'failed', 'dead'}

local function open_queue(keys)
  local us = microseconds()
  local q = {
    meta = keys[1], tasks = keys[2], ready = keys[3], delayed = keys[4], leased = keys[5],
    parked = keys[6], dead = keys[7], done = keys[8], finished = keys[9], waiters = keys[10],
    us = us, ms = math.floor(us / 1000), counts = {}, lanes = {},
  }
  local found = redis.call(
    'HMGET', q.meta, 'last', 'size', 'minute', 'watched', 'paused', 'leases', 'per_key', 'most', 'tidied',
    'righted', 'lost')
  q.last = tonumber(found[1] or '0')
  q.size = tonumber(found[2] or '0')
  q.minute = tonumber(found[3] or '0')
  q.watched = tonumber(found[4] or '0') > q.ms
  q.paused = found[5] == '1'
  q.leases = tonumber(found[6] or '0')
  q.per_key = tonumber(found[7] or '0')
  q.most = tonumber(found[8] or '10000000')
  q.tidied = tonumber(found[9] or '0')
  q.righted = found[10]
  q.lost = found[11]
  q.was_empty = q.size == 0
  q.configured = q.paused or found[6] or found[7] or found[8]
  return q
end

local function next_number(q)
  q.last = math.max(q.last + 1, q.us)
  return q.last
end

local function count(q, what, number)
  q.counts[what] = (q.counts[what] or 0) + number
end

-- The rates of the minutes that have passed since the newest one begin at 0 again; all of them when
-- the clock was set back.
local function begin_minute(q, minute)
  local old = {}
  local first = minute > q.minute and q.minute + 1 or 0
  for m = math.max(first, minute - MINUTES + 1), minute do
    for _, what in ipairs(RATES) do
      old[#old + 1] = what .. m % MINUTES
    end
  end
  redis.call('HDEL', q.meta, unpack(old))
  redis.call('HSET', q.meta, 'minute', integer(minute))
end

-- Writes what has changed. A queue that is empty and has no settings is forgotten some day.
local function save_queue(q)
  local minute = math.floor(q.ms / 60000)
  if minute > q.minute or minute < q.minute - 1 then
    begin_minute(q, minute)
  end
  if q.righted and q.last <= q.us then
    redis.call('HDEL', q.meta, 'righted')
  end
  if q.lost and tonumber(string.match(q.lost, '^%d+')) <= q.ms then
    redis.call('HDEL', q.meta, 'lost')
  end
  local fields = {'last', integer(math.max(q.last, q.us)), 'size', integer(q.size)}
  for lane, tag in pairs(q.lanes) do
    fields[#fields + 1] = lane
    fields[#fields + 1] = integer(tag)
  end
  redis.call('HSET', q.meta, unpack(fields))
  for what, number in pairs(q.counts) do
    redis.call('HINCRBY', q.meta, what .. minute % MINUTES, number)
  end
  if q.size == 0 and not q.configured then
    redis.call('PEXPIRE', q.meta, IDLE_MS)
  elseif q.was_empty then
    redis.call('PERSIST', q.meta)
  end
end

local function channel(q, name)
  return string.sub(q.meta, 1, -5) .. name
end

-- Tells who waits for the task that something about it has changed.
local function tell(q, id)
  if q.watched then
    redis.call('SPUBLISH', channel(q, 'changes:') .. id, '')
  end
end

-- Wakes as many servers with idle workers.
local function wake(q, number)
  local left = math.min(number, 100)
  while left > 0 do
    local server = redis.call('ZPOPMIN', q.waiters)[1]
    if not server then
      return
    end
    if redis.call('SPUBLISH', channel(q, 'hints:') .. server, '') > 0 then
      left = left - 1
    end
  end
end

-- Tells servers with idle workers when the next delayed task starts.
local function announce(q, time)
  for _, server in ipairs(redis.call('ZRANGE', q.waiters, 0, 9)) do
    local hint = 'due ' .. integer(math.max(0, time - q.ms))
    redis.call('SPUBLISH', channel(q, 'hints:') .. server, hint)
  end
end

-- Makes a task start later.
local function delay_until(q, id, time)
  redis.call('ZADD', q.delayed, integer(time), id)
  if redis.call('ZRANGE', q.delayed, 0, 0)[1] == id then
    announce(q, time)
  end
end
