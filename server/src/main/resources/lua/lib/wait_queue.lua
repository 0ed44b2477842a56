-- @include lib/integer
-- @include lib/time
--
-- The wait queue of a resource: a sorted set of waiters by ticket. A waiter is written as server, token,
-- lease in milliseconds, request id or '-', terms, label; split by single spaces. The terms are a word by
-- which the feature says what is wanted. The servers that have waiters are a sorted set by the time in
-- milliseconds until which each counts as alive; what has a negative score there is the feature's.
--
-- Before this the feature's _state.lua defines
--   by_name(keys)             the keys by name: line, servers, request (which may be absent), its own
--   read(keys, now, terms)    the resource at a time in microseconds: keys, now, ms, its own
--   is_busy(resource, waiter) whether a waiter without a request id can but wait; false if in doubt
--   note(resource)            what callers are told about it
--   until_free(resource)      milliseconds until the first lease ends, 0 when that is not known
--   queue_full(most)          the refusal of one waiter too many

local MARK_MS = 15000
local LINE_MS = 60000

local function parse_waiter(text)
  local waiter = {text = text}
  waiter.server, waiter.token, waiter.lease, waiter.request, waiter.terms, waiter.label =
    string.match(text, '^(%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  return waiter
end

-- Notes until when somebody is there: a server, or whoever else the feature marks in the same set.
local function mark(resource, who)
  local servers, ends = resource.keys.servers, resource.ms + MARK_MS
  redis.call('ZADD', servers, integer(ends), who)
  redis.call('ZREMRANGEBYSCORE', servers, 0, integer(resource.ms))
  if redis.call('PEXPIRETIME', servers) < ends then
    redis.call('PEXPIREAT', servers, integer(ends))
  end
end

-- Notes that a server is alive, which keeps its waiters in the queue.
local function mark_server(resource, server)
  mark(resource, server)
  redis.call('PEXPIRE', resource.keys.line, LINE_MS)
end

-- Puts a waiter into the queue, where it was or at the end. Returns the refusal if it is full.
local function enqueue(resource, waiter, ticket, most)
  local line = resource.keys.line
  local known, length = redis.call('ZSCORE', line, waiter.text), redis.call('ZCARD', line)
  waiter.ticket = tonumber(known or ticket)
  if not known then
    if length >= most then
      return queue_full(most)
    end
    if ticket == 0 then
      local last = length > 0 and redis.call('ZRANGE', line, -1, -1, 'WITHSCORES')[2]
      waiter.ticket = math.max((last or 0) + 1, resource.now)
    end
    redis.call('ZADD', line, integer(waiter.ticket), waiter.text)
  end
  -- Servers mark themselves every 5 seconds: one with a fresh mark has waiters already.
  local ends = length > 0 and redis.call('ZSCORE', resource.keys.servers, waiter.server)
  if not ends or tonumber(ends) < resource.ms + MARK_MS / 2 then
    mark_server(resource, waiter.server)
  end
end

-- The reply to a caller who is granted nothing and stands, stood or would stand at a place in the queue.
local function not_granted(resource, place, ticket, more)
  return {0, note(resource), until_free(resource), place, ticket, more and 1 or 0}
end

-- The place of a waiter in the queue, 0 when it is not in it.
local function place_of(resource, text)
  local rank = redis.call('ZRANK', resource.keys.line, text)
  return rank and rank + 1 or 0
end
