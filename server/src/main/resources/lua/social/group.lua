-- Changes who is in a group, and what they may do. When the last owner ends, a moderator becomes owner,
-- or who has been a member for longest.
--
-- KEYS[1] group
-- KEYS[2] members
-- KEYS[3] roles
-- ARGV[1] join, leave, role or end
-- ARGV[2] who acts
-- ARGV[3] whom it is about
-- ARGV[4] role: 1 for a member, 2 for a moderator, 3 for an owner
-- ARGV[5] most members
-- ARGV[6] most with another role than member
--
-- Returns {changed: flag, members: integer}.
--
-- @include lib/integer
-- @include lib/time
-- @include social/_user
local key, members, roles = KEYS[1], KEYS[2], KEYS[3]
local verb, actor, user, role, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local most_roles = tonumber(ARGV[6])

local group = parse_user(redis.call('GET', key))
if not group or group.state == 'd' then
  return redis.error_reply('GROUP_NOT_FOUND there is no such group')
end
local function role_of(who)
  return tonumber(redis.call('ZSCORE', roles, who) or 1)
end
local function not_allowed(text)
  return redis.error_reply('GROUP_NOT_ALLOWED ' .. text)
end
local function changed(flag)
  return {flag, redis.call('ZCARD', members)}
end
local is_member = redis.call('ZSCORE', members, user)
local acts, has = role_of(actor), role_of(user)
local is_last = has == 3 and redis.call('ZCOUNT', roles, 3, 3) == 1
if verb == 'join' then
  if is_member or role == 3 and redis.call('ZCARD', roles) > 0 then
    return changed(0)
  end
  if acts == 1 and (group.private == '1' or actor ~= user) and role < 3 then
    return not_allowed('who runs the group lets others in')
  end
  if redis.call('ZCARD', members) >= most then
    return redis.error_reply('GROUP_FULL allowed are ' .. integer(most) .. ' members')
  end
  redis.call('ZADD', members, integer(math.floor(microseconds() / 1000)), user)
  if role > 1 then
    redis.call('ZADD', roles, role, user)
  end
  return changed(1)
end
if verb == 'end' then
  redis.call('ZREM', roles, user)
  redis.call('ZREM', members, user)
  local heir = is_last and (redis.call('ZRANGE', roles, -1, -1)[1] or redis.call('ZRANGE', members, 0, 0)[1])
  if heir then
    redis.call('ZADD', roles, 3, heir)
  end
  return changed(is_member and 1 or 0)
end
if verb == 'leave' then
  if not is_member then
    return changed(0)
  end
  if actor ~= user and acts <= has then
    return not_allowed('who runs the group removes others')
  end
  if is_last then
    return not_allowed('the last owner cannot leave')
  end
  redis.call('ZREM', roles, user)
  redis.call('ZREM', members, user)
  return changed(1)
end
if acts < 3 then
  return not_allowed('owners give roles')
end
if not is_member then
  return redis.error_reply('GROUP_NOT_MEMBER the user is no member')
end
if role == has then
  return changed(0)
end
if is_last then
  return not_allowed('the last owner keeps the role')
end
if role == 1 then
  redis.call('ZREM', roles, user)
  return changed(1)
end
if has == 1 and redis.call('ZCARD', roles) >= most_roles then
  return redis.error_reply('GROUP_FULL allowed are ' .. integer(most_roles) .. ' who run a group')
end
redis.call('ZADD', roles, role, user)
return changed(1)
