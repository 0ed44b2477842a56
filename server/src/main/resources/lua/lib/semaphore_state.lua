-- @include lib/integer
-- @include lib/keepers
-- @include lib/time
--
-- The value of a state key, split by single spaces: limit, default lease in milliseconds, permits in
-- use, last fence, time in milliseconds until which the keys of the holders live, and 'c' when it was
-- configured or 'u' when it was made by use. The latter outlives the keys of the holders by a day.
--
-- Holders stand in a sorted set by the end of their lease under an id, the first 11 characters of
-- their token. What else is to know about each is in the hash of grants, by the same id, split by
-- single spaces: permits, end of the lease and time of the grant in milliseconds, fence, keepers,
-- token, request id or '-', label. The keepers are the calls that give the permits back when they end:
-- see lib/keepers.

local DAY_MS = 86400000

-- How much longer than the last lease the keys of the holders live: see lib/semaphore_lease.
local KEYS_SLACK_MS = 60000
local ENDED_AT_ONCE = 1000

local function id_of(token)
  return string.sub(token, 1, 11)
end

local function parse_grant(record)
  local permits, expire, since, fence, keepers, token, request, holder =
    string.match(record, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  return {
    permits = tonumber(permits), expire = tonumber(expire), since = since, fence = fence,
    keepers = keepers, token = token, request = request, holder = holder,
  }
end

-- The grant a token has, nil when there is none or its lease has ended.
local function grant_of(sem, token)
  local record = redis.call('HGET', sem.grants, id_of(token))
  local grant = record and parse_grant(record)
  if grant and grant.token == token and grant.expire > sem.ms then
    return grant
  end
end

local function write_grant(sem, grant)
  redis.call('HSET', sem.grants, id_of(grant.token), table.concat({
    integer(grant.permits), integer(grant.expire), grant.since, grant.fence, grant.keepers,
    grant.token, grant.request, grant.holder,
  }, ' '))
end

local function write_semaphore(sem)
  local value = table.concat({
    integer(sem.limit), integer(sem.lease), integer(sem.used), integer(sem.fence),
    integer(sem.keep), sem.kind,
  }, ' ')
  if sem.kind == 'c' then
    redis.call('SET', sem.state, value)
  else
    redis.call('SET', sem.state, value, 'PXAT', integer(math.max(sem.keep, sem.ms) + DAY_MS))
  end
end

-- Removes holders whose lease has ended, at most 1,000 in one go.
local function remove_ended(sem)
  local ended = redis.call(
    'ZRANGE', sem.holders, '-inf', sem.ms, 'BYSCORE', 'LIMIT', 0, ENDED_AT_ONCE)
  if ended[1] then
    for _, record in ipairs(redis.call('HMGET', sem.grants, unpack(ended))) do
      sem.used = sem.used - tonumber(record and string.match(record, '^%S+') or 0)
    end
    redis.call('ZREM', sem.holders, unpack(ended))
    redis.call('HDEL', sem.grants, unpack(ended))
  end
  if redis.call('EXISTS', sem.holders) == 0 then
    sem.used = 0
  end
  write_semaphore(sem)
end

-- No lease is longer than a day: those that end later were written while the clock was ahead, and start
-- anew, 1,000 in one go.
local function correct_ends(sem)
  local ahead = redis.call('ZRANGE', sem.holders, '(' .. integer(sem.ms + DAY_MS), '+inf', 'BYSCORE',
    'LIMIT', 0, ENDED_AT_ONCE)
  for _, id in ipairs(ahead) do
    local grant = parse_grant(redis.call('HGET', sem.grants, id))
    -- At least the lease, and more if it was renewed.
    grant.expire = sem.ms + math.min(grant.expire - grant.since, DAY_MS)
    redis.call('ZADD', sem.holders, integer(grant.expire), id)
    write_grant(sem, grant)
  end
  local last = redis.call('ZRANGE', sem.holders, -1, -1, 'WITHSCORES')[2]
  sem.keep = tonumber(last or sem.ms) + KEYS_SLACK_MS
  write_semaphore(sem)
end

-- In how many milliseconds the first lease ends; 0 when nobody holds permits.
local function until_first_end(sem)
  local first = redis.call('ZRANGE', sem.holders, 0, 0, 'WITHSCORES')
  return first[1] and math.max(0, tonumber(first[2]) - sem.ms) or 0
end

-- A semaphore as it stands at a time in microseconds; nil when it has no limit and none is given.
local function read_semaphore(state, holders, grants, now, limit)
  local value = redis.call('GET', state)
  if not value and limit == 0 then
    return nil
  end
  local sem = {
    state = state, holders = holders, grants = grants, now = now, ms = math.floor(now / 1000),
    limit = limit, lease = 10000, used = 0, fence = 0, keep = 0, kind = 'u',
  }
  if value then
    local known, lease, used, fence, keep, kind =
      string.match(value, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
    sem.limit, sem.lease, sem.used = tonumber(known), tonumber(lease), tonumber(used)
    sem.fence, sem.keep, sem.kind = tonumber(fence), tonumber(keep), kind
  end
  if sem.used > 0 and sem.keep > sem.ms + DAY_MS + KEYS_SLACK_MS then
    correct_ends(sem)
  end
  if sem.used > 0 then
    local first = redis.call('ZRANGE', holders, 0, 0, 'WITHSCORES')
    if not first[1] or tonumber(first[2]) <= sem.ms then
      remove_ended(sem)
    end
  end
  return sem
end
