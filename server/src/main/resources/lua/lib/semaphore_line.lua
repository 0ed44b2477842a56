-- @include lib/semaphore_grant
-- @include lib/line_servers
--
-- The line: a sorted set of waiters by ticket. A waiter is written as server, token, lease in
-- milliseconds or 0 for the default one, request id or '-', permits, label; split by single spaces.

local GRANTED_AT_ONCE = 200

-- The parts of a waiter: server, token, lease, request, permits, holder.
local function parse_waiter(waiter)
  return string.match(waiter, '^(%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
end

-- What a server is told about a grant to one of its waiters.
local function hint_of(sem, grant)
  return table.concat({
    grant.token, grant.fence, integer(grant.expire), integer(sem.used), integer(sem.limit),
  }, ' ')
end

-- Hands free permits to the first in line as long as they suffice; nobody is overtaken. Who asks for
-- more than the limit is told to ask again and be refused, dead ones are passed over: 1,000 of
-- these at most. Forgets the servers of a line that is empty. Returns whether there was more to hand
-- over than is done in one go.
local function hand_over(sem, line, servers)
  local hints = string.sub(sem.state, 1, -string.len('state') - 1) .. 'hints:'
  local given = 0
  for _ = 1, 1000 do
    local waiter = redis.call('ZRANGE', line, 0, 0)[1]
    if not waiter then
      redis.call('DEL', servers)
      return false
    end
    local server, token, lease, request, permits, holder = parse_waiter(waiter)
    permits = tonumber(permits)
    local alive = is_alive(servers, server, hints .. server, sem.ms)
    if alive and permits <= sem.limit then
      if sem.used + permits > sem.limit then
        return false
      end
      if given == GRANTED_AT_ONCE then
        return true
      end
      given = given + 1
      local grant = grant_permits(sem, token, permits, tonumber(lease), request, holder)
      redis.call('SPUBLISH', hints .. server, hint_of(sem, grant))
    elseif alive then
      redis.call('SPUBLISH', hints .. server, token)
    end
    redis.call('ZREM', line, waiter)
  end
  return true
end

-- The answer to who is not granted permits and stands, stood or would stand at a place in line.
local function not_granted(sem, place)
  return {0, sem.used, sem.limit, until_first_end(sem), place}
end
