-- @include lib/integer
-- @include lib/time
--
-- The value of a state key, split by single spaces: limit, default lease in milliseconds, permits in
-- use, last fence, time in milliseconds until which the keys of the holders live, and 'c' when it was
-- configured or 'u' when it was made by use. The latter outlives the keys of the holders by a day.
--
-- Holders stand in a sorted set by the end of their lease under an id, the first 11 characters of
-- their token. What else is to know about each is in the hash of grants, by the same id, split by
-- single spaces: permits, end of the lease and time of the grant in milliseconds, fence, keepers,
-- token, request id or '-', label.

local DAY_MS = 86400000

-- How much longer than the last lease the keys of the holders live: see put_grant in semaphores/_resource.
local KEYS_SLACK_MS = 60000
local ENDED_AT_ONCE = 1000

local function by_name(keys)
  return {
    state = keys[1], holders = keys[2], grants = keys[3], line = keys[4], servers = keys[5],
    request = keys[6],
  }
end

local function id_of(token)
  return string.sub(token, 1, 11)
end

local function parse_grant(record)
  local permits, expire, since, fence, keepers, token, request, label =
    string.match(record, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  return {
    permits = tonumber(permits), expire = tonumber(expire), since = since, fence = fence,
    keepers = keepers, token = token, request = request, label = label,
  }
end

local function find_grant(sem, token)
  local record = redis.call('HGET', sem.keys.grants, id_of(token))
  local grant = record and parse_grant(record)
  if grant and grant.token == token and grant.expire > sem.ms then
    return grant
  end
end

local function write_record(sem, grant)
  redis.call('HSET', sem.keys.grants, id_of(grant.token), table.concat({
    integer(grant.permits), integer(grant.expire), grant.since, grant.fence, grant.keepers,
    grant.token, grant.request, grant.label,
  }, ' '))
end

local function write_semaphore(sem)
  local value = table.concat({
    integer(sem.limit), integer(sem.default_lease), integer(sem.used), integer(sem.fence),
    integer(sem.keep), sem.kind,
  }, ' ')
  if sem.kind == 'c' then
    redis.call('SET', sem.keys.state, value)
  else
    redis.call('SET', sem.keys.state, value, 'PXAT', integer(math.max(sem.keep, sem.ms) + DAY_MS))
  end
end

-- Removes holders whose lease has ended, at most 1,000 in one go.
local function remove_ended(sem)
  local ended = redis.call(
    'ZRANGE', sem.keys.holders, '-inf', sem.ms, 'BYSCORE', 'LIMIT', 0, ENDED_AT_ONCE)
  if ended[1] then
    for _, record in ipairs(redis.call('HMGET', sem.keys.grants, unpack(ended))) do
      sem.used = sem.used - tonumber(record and string.match(record, '^%S+') or 0)
    end
    redis.call('ZREM', sem.keys.holders, unpack(ended))
    redis.call('HDEL', sem.keys.grants, unpack(ended))
  end
  if redis.call('EXISTS', sem.keys.holders) == 0 then
    sem.used = 0
  end
  write_semaphore(sem)
end

-- No lease is longer than a day: those that end later were written while the clock was ahead, and start
-- anew, 1,000 in one go.
local function correct_ends(sem)
  local ahead = redis.call('ZRANGE', sem.keys.holders, '(' .. integer(sem.ms + DAY_MS), '+inf', 'BYSCORE',
    'LIMIT', 0, ENDED_AT_ONCE)
  for _, id in ipairs(ahead) do
    local grant = parse_grant(redis.call('HGET', sem.keys.grants, id))
    -- At least the lease, and more if it was renewed.
    grant.expire = sem.ms + math.min(grant.expire - grant.since, DAY_MS)
    redis.call('ZADD', sem.keys.holders, integer(grant.expire), id)
    write_record(sem, grant)
  end
  local last = redis.call('ZRANGE', sem.keys.holders, -1, -1, 'WITHSCORES')[2]
  sem.keep = tonumber(last or sem.ms) + KEYS_SLACK_MS
  write_semaphore(sem)
end

local function until_free(sem)
  local first = redis.call('ZRANGE', sem.keys.holders, 0, 0, 'WITHSCORES')
  return first[1] and math.max(0, tonumber(first[2]) - sem.ms) or 0
end

-- A semaphore that does not exist has no limit, unless the terms give one.
local function read(keys, now, terms)
  local limit = tonumber(string.match(terms or '', '^%d+/(%d+)$') or 0)
  local value = redis.call('GET', keys.state)
  local sem = {
    keys = keys, now = now, ms = math.floor(now / 1000), missing = not value and limit == 0,
    limit = limit, default_lease = 10000, used = 0, fence = 0, keep = 0, kind = 'u',
  }
  if value then
    local known, lease, used, fence, keep, kind =
      string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
    sem.limit, sem.default_lease, sem.used = tonumber(known), tonumber(lease), tonumber(used)
    sem.fence, sem.keep, sem.kind = tonumber(fence), tonumber(keep), kind
  end
  if sem.used > 0 and sem.keep > sem.ms + DAY_MS + KEYS_SLACK_MS then
    correct_ends(sem)
  end
  if sem.used > 0 then
    local first = redis.call('ZRANGE', keys.holders, 0, 0, 'WITHSCORES')
    if not first[1] or tonumber(first[2]) <= sem.ms then
      remove_ended(sem)
    end
  end
  return sem
end

-- How many permits a waiter wants: its terms are that, a slash and the limit it gives or 0.
local function wanted(waiter)
  return tonumber(string.match(waiter.terms, '^%d+'))
end

local function is_busy(sem, waiter)
  return sem.used == sem.limit and wanted(waiter) <= sem.limit and not sem.missing
    and not find_grant(sem, waiter.token)
end

-- Permits in use and limit.
local function note(sem)
  return integer(sem.used) .. ' ' .. integer(sem.limit)
end

local function queue_full(most)
  return redis.error_reply(
    'SEMAPHORE_TOO_MANY_WAITERS ' .. most .. ' callers wait for this semaphore already')
end
