-- The outbox of a user, a list or a group: what is to be done elsewhere, in order. Whoever has the key
-- worker does it. All ids are text.

-- Whether there is room for more.
local function has_room(outbox, most)
  return redis.call('LLEN', outbox) < tonumber(most)
end

local function outbox_full()
  return redis.error_reply('USER_OUTBOX_FULL more waits to be delivered than may wait')
end

-- Adds entries; 1 when the caller is to work them off, 0 when somebody does already.
local function push(outbox, worker, token, lease, ...)
  redis.call('RPUSH', outbox, ...)
  return redis.call('SET', worker, token, 'NX', 'PX', lease) and 1 or 0
end
