-- @include lib/lock_grants
-- @include lib/lock_watch
--
-- The line: a sorted set of waiters by ticket. A waiter is written as server, token, lease in
-- milliseconds, request id or '-', label; split by single spaces. Its server must have a mark in
-- the marks that has not run out, and listen to the hints: else the waiter counts as dead.

local LINE_MS = 60000
local GRANTED_AT_ONCE = 200

-- The parts of a waiter: server, token, lease, request, holder.
local function parse_waiter(waiter)
  return string.match(waiter, '^(%S+) (%S+) (%S+) (%S+) (.*)$')
end

-- Whether the first in line is a writer that is alive: then readers do not go on.
local function writer_is_next(lock, hints)
  local first = redis.call('ZRANGE', lock.keys.line, 0, 0)[1]
  if not first then
    return false
  end
  local server, token = parse_waiter(first)
  return not is_shared(token) and is_marked(lock, server)
    and redis.call('PUBSUB', 'SHARDNUMSUB', hints .. server)[2] > 0
end

-- Gives a lock that is free or held by readers to the first live waiters, to one writer or to all
-- readers up to the next writer, and tells their servers, on the channels of the lock's hints. Every
-- dead one that stands before them is taken out of the line. Returns whether there may be more to hand
-- over than is done in one go: 1,000 waiters, 200 of them alive.
local function hand_over(lock)
  local keys = lock.keys
  local hints = string.sub(keys.owner, 1, -string.len('owner') - 1) .. 'hints:'
  local given, more = 0, true
  if lock.lapsed then
    tell(lock, 'expired', {token = lock.token, fence = lock.fence, holder = lock.holder})
  end
  for _ = 1, 1000 do
    if lock.shared and writer_is_next(lock, hints) then
      more = false
      break
    end
    if given == GRANTED_AT_ONCE then
      break
    end
    local waiter = redis.call('ZPOPMIN', keys.line)[1]
    if not waiter then
      more = false
      break
    end
    local server, token, lease, request, holder = parse_waiter(waiter)
    if is_marked(lock, server) and not (lock.shared and not is_shared(token)) then
      local grant = grant_to(lock, token, lease, request, holder)
      local hint = table.concat({token, integer(grant.fence), integer(grant.expire)}, ' ')
      if redis.call('SPUBLISH', hints .. server, hint) > 0 then
        tell(lock, 'acquired', grant)
        if not lock.shared then
          return false
        end
        given = given + 1
      else
        end_grant(lock, grant)
        redis.call('ZREM', keys.marks, server)
      end
    end
  end
  if given > 0 then
    sum_up(lock)
  end
  return more
end
