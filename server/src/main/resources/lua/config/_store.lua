-- @include config/_group
--
-- The change that Set and Rollback make.

local COMPONENTS = 1000
local VERSIONS = 100

-- Puts a thing as it is written into the history of a component.
local function write_history(history, version, thing)
  redis.call('ZADD', history, version, thing)
  redis.call('ZREMRANGEBYRANK', history, 0, -VERSIONS - 1)
end

-- Whether a component, as it is written or false, has the version that is expected: '' for any.
local function is_expected(before, expected)
  return expected == '' or expected == (before and parse(before) or '0')
end

-- Gives a component a value. Returns {1, version, time of the change in ms}, or
-- {0, component as it is written or ''} when it does not have the version that is expected.
local function store(values, names, log, history, component, expected, author, value)
  local group, before = read_group(values, component)
  if not is_expected(before, expected) then
    return {0, before or ''}
  end
  if before then
    local version, time, _, present = parse(before)
    if present == value then
      return {1, tonumber(version), tonumber(time)}
    end
  elseif redis.call('ZCARD', names) >= COMPONENTS then
    return redis.error_reply('CONFIG_TYPE_FULL a type has at most ' .. COMPONENTS .. ' components')
  end
  local now = microseconds()
  local version, thing = change(values, log, group, now, component, before, author, value)
  if not version then
    return redis.error_reply('CONFIG_TYPE_FULL a type has at most ' .. GROUP_BYTES .. ' bytes')
  end
  write_history(history, integer(version), thing)
  if not before then
    redis.call('ZADD', names, 0, component)
    redis.call('PERSIST', values)
    redis.call('PERSIST', log)
    redis.call('PERSIST', history)
  end
  return {1, version, math.floor(now / 1000)}
end
