-- A user is one string: a line '<state> <private> <merged> <buckets> <posts> <follows>' and the profile.
-- The states are a (active), s (suspended) and d (being deleted). merged is the time in ms since which
-- statuses are merged in when timelines are read, or 0. posts and follows are how often it may do that
-- within an hour. A list or a group has the same first line.

-- The parts of a user; nil when there is none.
local function parse_user(value)
  local state, private, merged, buckets, posts, follows, profile = string.match(
    value or '', '^(%a) (%d) (%d+) (%d+) (%d+) (%d+)\n(.*)$')
  return state and {
    state = state, private = private, merged = merged, buckets = buckets, posts = tonumber(posts),
    follows = tonumber(follows), profile = profile,
  }
end

-- Whether there is a user, a list or a group that is not being deleted.
local function is_there(key)
  local state = redis.call('GETRANGE', key, 0, 0)
  return state ~= '' and state ~= 'd'
end

-- The user, or the refusal of what it wants to do.
local function load_user(key)
  local user = parse_user(redis.call('GET', key))
  if not user or user.state == 'd' then
    return nil, redis.error_reply('USER_NOT_FOUND there is no such user')
  end
  if user.state == 's' then
    return nil, redis.error_reply('USER_SUSPENDED a moderator has suspended the user')
  end
  return user
end

-- The refusal of what was done too often within the hour, or nil.
local function count_quota(key, most, things)
  if tonumber(redis.call('GET', key) or 0) >= most then
    return redis.error_reply('USER_LIMIT_EXCEEDED after ' .. math.max(1, redis.call('PTTL', key)) .. ': allowed are '
      .. most .. ' ' .. things .. ' within an hour')
  end
  if redis.call('INCR', key) == 1 then
    redis.call('PEXPIRE', key, 3600000)
  end
end
