-- @include chat/_log

-- Removes what all members have acknowledged, once it is old enough.
local function trim_acknowledged(chat, log, seen)
  local least = redis.call('ZRANGE', seen, 0, 0, 'WITHSCORES')[2]
  if not least then
    return
  end
  least = tonumber(least)
  if chat.ot <= chat.now - math.min(chat.grace, chat.age) then
    local length = redis.call('LLEN', log)
    if length > 0 then
      trim(chat, log, length, least)
    end
  end
  if least >= chat.n and chat.renew ~= 0 then
    redis.call('PEXPIRE', log, integer(math.min(chat.age + math.floor(chat.age / 16), math.max(60000, chat.grace))))
    redis.call('HSET', chat.head, 'renew', 0)
  end
end
