-- Adds tasks: all of them, or none.
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
-- KEYS[11] dedup
-- KEYS[12] request
-- ARGV[1] digest of the request, '' for none that may be repeated
-- ARGV[2] end of the ids
-- ARGV[3..] for each task: as what it is added; payload when that is not part of it, or ''; when it
-- starts: '' at once, '+' and ms from now, or '@' and a time in ms; dedup key; its window in ms
--
-- Returns {(id: text, duplicate: flag)…}: for each task, with whether it was there before.
--
-- @include queues/_place
-- @include lib/once
local q, dedup, request = open_queue(KEYS), KEYS[11], KEYS[12]
local digest, ending, tasks = ARGV[1], ARGV[2], ARGV

local FIELDS = 5
-- Where these stand in the head of a task, see queues/_task: reading all of it costs more.
local KEY_BYTES_AT = 23
local KEY_AT = 27
local DEDUP_MS = 604860000

local before = replay(request, digest)
if before then
  return before
end

-- Whether a dedup key counts until a time: one that counts for longer than any may was set while the
-- clock was ahead.
local function counts(time)
  return tonumber(time) > q.ms and tonumber(time) < q.ms + DEDUP_MS
end

-- The task that a dedup key stands for, or nil.
local function known(key)
  local id, time = string.match(redis.call('HGET', dedup, key) or '', '^(%S+) (%S+)$')
  return id and counts(time) and id or nil
end

local function forget_keys()
  local some = redis.call('HRANDFIELD', dedup, 4, 'WITHVALUES')
  for i = 1, #some, 2 do
    if not counts(string.match(some[i + 1], '%S+$')) then
      redis.call('HDEL', dedup, some[i])
    end
  end
  redis.call('PEXPIRE', dedup, DEDUP_MS)
end

local function start_time(text)
  local first, ms = string.sub(text, 1, 1), tonumber(string.sub(text, 2))
  return first == '+' and q.ms + ms or first == '@' and ms or 0
end

local answer, added, keys, fresh = {}, {}, {}, {}
for i = 3, #tasks, FIELDS do
  local key = tasks[i + 3]
  local id = key ~= '' and (keys[key] or known(key))
  answer[#answer + 1] = id or string.format('%013x', next_number(q)) .. ending
  answer[#answer + 1] = id and 1 or 0
  if not id then
    added[#added + 1] = i
    fresh[i] = answer[#answer - 1]
    if key ~= '' then
      keys[key] = fresh[i]
    end
  end
end
if q.size + #added > q.most then
  return redis.error_reply('QUEUE_FULL the queue holds ' .. integer(q.most) .. ' tasks, as many as it may')
end

local started = 0
for _, i in ipairs(added) do
  local id, record, payload, start, key = fresh[i], tasks[i], tasks[i + 1], tasks[i + 2], tasks[i + 3]
  if payload == '' then
    redis.call('HSET', q.tasks, id, record)
  else
    redis.call('HSET', q.tasks, id, record, '#' .. id, payload)
  end
  local time = start == '' and 0 or start_time(start)
  if time > q.ms then
    delay_until(q, id, time)
  else
    local priority, cost = struct.unpack('>BI2', record)
    local key_bytes = struct.unpack('>I2', record, KEY_BYTES_AT)
    local fairness_key = string.sub(record, KEY_AT, KEY_AT + key_bytes - 1)
    place(q, id, priority % 32, fairness_key, cost, false)
    started = started + 1
  end
  if key ~= '' then
    redis.call('HSET', dedup, key, id .. ' ' .. integer(q.ms + tonumber(tasks[i + 4])))
    forget_keys()
  end
end
keep(request, digest, answer)
if #added > 0 then
  q.size = q.size + #added
  count(q, 'enqueued', #added)
  save_queue(q)
  wake(q, started)
end
return answer
