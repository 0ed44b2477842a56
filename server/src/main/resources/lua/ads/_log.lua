-- @include lib/integer
--
-- What servers have to know of a network is numbered as it changes. The sorted set of changes has, for each
-- ad ('a' and its id) and each campaign ('c' and its name), the number of its newest change. What was removed
-- stays there until 10,000 others have been removed after it; who knows less starts anew.
--
-- The head is a hash: epoch, a random text that tells a network from one that was there before; revision,
-- the number of the newest change; structure, that of the newest one which decisions must not miss;
-- forgotten, that of the newest one that was removed from the changes; and settings.

local REMOVED = 10000

-- Begins the network, unless there is one.
local function begin(head, epoch)
  if redis.call('HEXISTS', head, 'epoch') == 0 then
    redis.call('HSET', head, 'epoch', epoch)
  end
end

-- Decisions must not miss what was put or set; what was learned reaches them a moment later.
local function log_change(head, changes, member, must_be_known)
  local revision = redis.call('HINCRBY', head, 'revision', 1)
  redis.call('ZADD', changes, integer(revision), member)
  if must_be_known then
    redis.call('HSET', head, 'structure', integer(revision))
  end
  return revision
end

local function log_removal(head, changes, removed, member)
  local revision = log_change(head, changes, member, true)
  redis.call('ZADD', removed, integer(revision), member)
  if redis.call('ZCARD', removed) > REMOVED then
    local oldest = redis.call('ZPOPMIN', removed)
    redis.call('ZREM', changes, oldest[1])
    redis.call('HSET', head, 'forgotten', oldest[2])
  end
end
