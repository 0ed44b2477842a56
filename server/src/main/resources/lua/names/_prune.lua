-- @include lib/integer
-- @include lib/time
--
-- Takes names out of an index whose time is over, at most 100 in one go.
local function prune(order, seen, now)
  local old = redis.call('ZRANGE', seen, '-inf', integer(now), 'BYSCORE', 'LIMIT', 0, 100)
  if #old > 0 then
    redis.call('ZREM', order, unpack(old))
    redis.call('ZREM', seen, unpack(old))
  end
end
