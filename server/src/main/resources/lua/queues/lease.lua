-- Leases tasks.
--
-- KEYS[1] meta
-- KEYS[2] tasks
-- KEYS[3] ready
-- KEYS[4] delayed
-- KEYS[5] leased
-- KEYS[6] parked
-- KEYS[7] dead
-- KEYS[8] done
-- KEYS[9] finished
-- KEYS[10] waiters
-- KEYS[11] request
-- ARGV[1] how many at most
-- ARGV[2] lease in ms
-- ARGV[3] who gets the tasks (see queues/_task)
-- ARGV[4] when the server is told of tasks that come later: 0 never, 1 when there are fewer than
-- asked for now, 2 when there are no more now
-- ARGV[5] digest of the request, '' for none that may be repeated
--
-- Returns {more: flag, more in ms: integer, (id: text, record: bytes, payload: bytes, attempt: integer,
-- fence: integer, lease end ms: integer, limit ms: integer)…}: whether there is more to be had now, or
-- in how many ms there may be, -1 when nobody knows; then each task, with the payload when that is not
-- part of the record and the time by which the attempt has to be over, or 0.
--
-- @include queues/_give
-- @include queues/_catch_up
local q, request = open_queue(KEYS), KEYS[11]
local most, lease, holder = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local waits, digest = ARGV[4], ARGV[5]

local LOOKED_AT = 300
local LONG_BYTES = 1048576
local WAITER_MS = 15000
local REQUEST_MS = 600000

local answer = {0, -1}
local given = {
  lease = lease, holder = holder, answer = answer, written = {}, timed = {}, granted = {}, long_bytes = 0,
}
local timed = given.timed

if q.lost and string.find(q.lost, string.match(holder, '/.*') .. '/', 1, true) then
  return answer
end
local known = digest ~= '' and redis.call('GET', request)
if known then
  -- @include queues/_again
  local refusal = lease_again(q, request, digest, known, answer)
  if refusal or #answer > 2 then
    return refusal or answer
  end
end
local next_time = catch_up(q)
local wanted = most
if q.leases > 0 then
  wanted = math.max(0, math.min(most, q.leases - redis.call('ZCARD', q.leased)))
end
if q.paused then
  wanted = 0
end
local looked, exhausted = 0, wanted == 0
while #timed / 2 < wanted and looked < LOOKED_AT and given.long_bytes < LONG_BYTES and not exhausted do
  local popped = redis.call('ZPOPMIN', q.ready, wanted - #timed / 2)
  exhausted = #popped / 2 < wanted - #timed / 2
  looked = looked + #popped / 2
  local fields = {}
  for i = 1, #popped, 2 do
    fields[i], fields[i + 1] = popped[i], '!' .. popped[i]
  end
  local found = #fields > 0 and redis.call('HMGET', q.tasks, unpack(fields)) or {}
  for i = 1, #popped, 2 do
    if found[i] and given.long_bytes < LONG_BYTES then
      give(q, given, popped[i], popped[i + 1], found[i], found[i + 1])
    elseif found[i] then
      redis.call('ZADD', q.ready, popped[i + 1], popped[i])
    end
  end
  exhausted, q.unparked = exhausted and not q.unparked, nil
end
if #timed > 0 then
  redis.call('HSET', q.tasks, unpack(given.written))
  redis.call('ZADD', q.leased, unpack(timed))
  if digest ~= '' then
    local text = digest .. ' ' .. holder .. ' ' .. table.concat(given.granted, ' ')
    redis.call('SET', request, text, 'PX', integer(math.min(lease, REQUEST_MS)))
  end
end
save_queue(q)

local full = #timed / 2 == wanted
if (not full or wanted == most) and (not exhausted or given.long_bytes >= LONG_BYTES) then
  answer[1] = redis.call('ZCARD', q.ready) > 0 and 1 or 0
end
if next_time <= q.ms and not q.paused then
  answer[1] = 1
elseif next_time < math.huge then
  answer[2] = math.max(1, next_time - q.ms)
end
if answer[1] == 0 and (waits == '2' or waits == '1' and #timed / 2 < most) then
  redis.call('ZREMRANGEBYSCORE', q.waiters, '-inf', integer(q.ms - WAITER_MS))
  redis.call('ZADD', q.waiters, integer(q.ms), string.match(holder, '^[^/]+'))
  redis.call('PEXPIRE', q.waiters, WAITER_MS)
end
return answer
