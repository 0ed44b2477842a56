-- @include lib/wait_queue
-- @include lib/keepers
--
-- Hands a resource to the first live waiters. Before this the feature's _resource.lua defines
--   refuse(resource, waiter)   the refusal of a waiter who can never be granted what it wants, or nothing
--   fits(resource, waiter)     'now', 'later', or 'never': then it is told to join again and be refused
--   grant_to(resource, waiter) grants; returns token, fence, expire, keepers, and its own
--   find_grant(resource, token)
--   granted_to(resource, request)     the grant that itself names its request, where that is written
--   write_grant(resource, grant)      after keepers or expire have changed
--   end_grant(resource, grant)
--   save(resource, empty)      called in the end when grants were made or ended; whether nobody waits any more
--   not_held(text)             the refusal of a caller who does not hold it
--   THING                      what such a caller does not hold, a few words

local GRANTED_AT_ONCE = 200

-- The reply that tells a caller about a grant.
local function granted(resource, grant)
  return {1, grant.token, tonumber(grant.fence), grant.expire, note(resource)}
end

-- What a server is told about a grant to one of its waiters.
local function hint_of(resource, grant)
  return table.concat({
    grant.token, integer(grant.fence), integer(grant.expire), note(resource),
  }, ' ')
end

-- The channel of a server's hints.
local function hints_of(resource, server)
  return string.sub(resource.keys.line, 1, -string.len('line') - 1) .. 'hints:' .. server
end

-- Whether a server has a mark that has not run out, and listens to its hints.
local function is_alive(resource, server)
  resource.alive = resource.alive or {}
  if resource.alive[server] == nil then
    local servers = resource.keys.servers
    local ends = redis.call('ZSCORE', servers, server)
    local alive = ends and tonumber(ends) > resource.ms
      and redis.call('PUBSUB', 'SHARDNUMSUB', hints_of(resource, server))[2] > 0
    if ends and not alive then
      redis.call('ZREM', servers, server)
    end
    resource.alive[server] = alive or false
  end
  return resource.alive[server]
end

-- Hands over what is free to the first in the queue as long as it suffices; nobody alive is overtaken, and
-- dead ones are taken out. Returns whether there may be more to hand over than is done in one go: 1,000
-- waiters, 200 of them alive.
local function hand_over(resource)
  local line, given, more, empty = resource.keys.line, 0, true, false
  for _ = 1, 1000 do
    local text = redis.call('ZRANGE', line, 0, 0)[1]
    if not text then
      more, empty = false, true
      break
    end
    local waiter = parse_waiter(text)
    local verdict = is_alive(resource, waiter.server) and fits(resource, waiter)
    if verdict == 'later' then
      more = false
      break
    end
    if verdict == 'now' and given == GRANTED_AT_ONCE then
      break
    end
    redis.call('ZREM', line, text)
    if verdict then
      local hint = waiter.token
      if verdict == 'now' then
        given = given + 1
        hint = hint_of(resource, grant_to(resource, waiter))
      end
      redis.call('SPUBLISH', hints_of(resource, waiter.server), hint)
    end
  end
  save(resource, empty)
  return more
end

-- Ends the part of a call in a grant: ends the grant unless it has other keepers. Returns whether it did.
local function leave_grant(resource, grant, call)
  if not is_keeper(grant.keepers, call) then
    return false
  end
  local others = without_keeper(grant.keepers, call)
  if not others then
    end_grant(resource, grant)
    return true
  end
  grant.keepers = others
  write_grant(resource, grant)
  return false
end
