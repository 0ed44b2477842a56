-- @include lib/integer
-- @include lib/time
--
-- A group of things that are numbered and watched together: the components of a type, the instances
-- of a service. Each is a field of a hash: version, time of the change in ms and a word, split by
-- single spaces, a line feed, the value. The version is the revision of the group that the change
-- made; a negative one says that the thing is gone. Field '' holds the revision of the group and the
-- bytes it has. The log is a sorted set of the newest changes by revision: revision, space, name and,
-- where a component was deleted, line feed, time in ms, space, author.

local LOG_LENGTH = 1000
local GROUP_BYTES = 1048576

-- The group, and one thing of it as it is written or false.
local function read_group(values, name)
  local found = redis.call('HMGET', values, '', name)
  local revision, bytes = string.match(found[1] or '0 0', '^(%d+) (%d+)$')
  return {revision = tonumber(revision), bytes = tonumber(bytes)}, found[2]
end

-- Version, time, word and value of a thing.
local function parse(thing)
  return string.match(thing, '^(%S+) (%S+) ([^\n]*)\n(.*)$')
end

local function thing_bytes(name, thing)
  return thing and #name + #thing or 0
end

-- Notes a change. A thing whose value is nil is taken out. Returns the new revision and the thing as
-- it is written, or nil when the group would have too many bytes: then nothing is changed.
local function change(values, log, group, now, name, before, word, value)
  local revision = math.max(group.revision + 1, now)
  local thing = value
    and string.format('%.0f %.0f ', revision, math.floor(now / 1000)) .. word .. '\n' .. value
  local bytes = group.bytes - thing_bytes(name, before) + thing_bytes(name, thing)
  if thing and bytes > GROUP_BYTES then
    return nil
  end
  local state = integer(revision) .. ' ' .. integer(bytes)
  if thing then
    redis.call('HSET', values, '', state, name, thing)
  else
    redis.call('HSET', values, '', state)
    redis.call('HDEL', values, name)
  end
  if group.revision == 0 then
    -- Who knows the empty group can go on from there.
    redis.call('DEL', log)
    redis.call('ZADD', log, 0, '0 ')
  end
  local entry = integer(revision) .. ' ' .. name
  if word and not thing then
    -- Nothing that is left of it says by whom and when it was taken out.
    entry = entry .. '\n' .. integer(math.floor(now / 1000)) .. ' ' .. word
  end
  redis.call('ZADD', log, integer(revision), entry)
  redis.call('ZREMRANGEBYRANK', log, 0, -LOG_LENGTH - 1)
  redis.call('SPUBLISH', values .. ':hints', integer(revision))
  group.revision, group.bytes = revision, bytes
  return revision, thing
end
