-- @include chat/_trim
--
-- Members stand in two sorted sets: seen by the number of the last message they have acknowledged,
-- members in the order of their names with the position, the number of messages and the time at which
-- they joined. Owners and moderators also stand in staff, by the position at which they became that,
-- for owners negative.

local STAFF = 100
local MEMBER, MODERATOR, OWNER = 1, 2, 3

local function role_of(staff, user)
  local score = redis.call('ZSCORE', staff, user)
  return not score and MEMBER or tonumber(score) < 0 and OWNER or MODERATOR
end

local function set_role(chat, staff, user, role)
  if role == MEMBER then
    redis.call('ZREM', staff, user)
  else
    redis.call('ZADD', staff, integer(role == OWNER and -chat.p or chat.p), user)
  end
end

local function add_member(chat, seen, members, user, role)
  append(chat, 'j', role, 0, user, '')
  redis.call('ZADD', seen, integer(chat.n), user)
  redis.call('ZADD', members, 0,
    user .. '\0' .. integer(chat.p) .. ' ' .. integer(chat.n) .. ' ' .. integer(chat.now))
end

-- Ends a membership. When it was the last one only the counters stay.
local function remove_member(chat, keys, user, actor)
  redis.call('ZREM', keys.seen, user)
  redis.call('ZREMRANGEBYLEX', keys.members, '[' .. user .. '\0', '(' .. user .. '\1')
  redis.call('ZREM', keys.staff, user)
  append(chat, 'l', 0, 0, user, actor)
  if redis.call('EXISTS', keys.seen) == 0 then
    save_chat(chat, keys.log)
    redis.call('DEL', keys.log, keys.staff)
    redis.call('HDEL', chat.head, 'mm', 'ma', 'ka', 'lt', 'created', 'start')
    redis.call('PEXPIRE', chat.head, 34560000000)
    return
  end
  if redis.call('ZCOUNT', keys.staff, '-inf', '(0') == 0 then
    local heir = redis.call('ZRANGE', keys.staff, 0, 0)[1]
      or string.match(redis.call('ZRANGE', keys.members, 0, 0)[1], '^(.*)%z')
    append(chat, 'r', OWNER, 0, heir, '')
    set_role(chat, keys.staff, heir, OWNER)
  end
  save_chat(chat, keys.log)
  trim_acknowledged(chat, keys.log, keys.seen)
end
