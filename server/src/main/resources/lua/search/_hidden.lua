-- @include search/_index

-- A document of many words is written, and taken away, in steps. Meanwhile its ordinal is hidden: queries
-- pass over it. 'hidden' of meta has these ordinals, 3 bytes each. unfinished is a hash: under an ordinal
-- the stamp of the last step that wrote (7), or GONE when all of it is to be taken away, and how many lists
-- of terms there are (2); under an ordinal and the number of a list (2) the terms, packed. The lists have
-- all terms that may have the ordinal.

local GONE = string.rep('\0', 7)
local MOST_HIDDEN = 1024

local function list_of(place_of, number)
  return place_of .. struct.pack('>I2', number)
end

-- A free ordinal, as bytes; nil when there is none.
local function new_ordinal(meta, free)
  local ordinal = tonumber(redis.call('RPOP', free))
  if not ordinal then
    ordinal = redis.call('HINCRBY', meta, 'next', 1) - 1
    if ordinal > 16777215 then
      redis.call('HINCRBY', meta, 'next', -1)
      return nil
    end
  end
  return struct.pack('>I3', ordinal)
end

local function partition_full()
  return redis.error_reply('SEARCH_PARTITION_FULL a partition has as many documents as it can hold')
end

local function is_full(hidden)
  return string.len(hidden) >= 3 * MOST_HIDDEN
end

-- Hides an ordinal. Returns all that are hidden, this one last.
local function hide(meta, hidden, place_of)
  redis.call('HSET', meta, 'hidden', hidden .. place_of)
  return hidden .. place_of
end

-- Hides an ordinal no longer. Returns those that still are.
local function unhide(meta, hidden, place_of)
  local at = 1
  while string.sub(hidden, at, at + 2) ~= place_of do
    at = at + 3
  end
  hidden = string.sub(hidden, 1, at - 1) .. string.sub(hidden, at + 3)
  if hidden == '' then
    redis.call('HDEL', meta, 'hidden')
  else
    redis.call('HSET', meta, 'hidden', hidden)
  end
  return hidden
end

-- Forgets which terms have an ordinal.
local function forget_lists(unfinished, place_of)
  local _, count = struct.unpack('>c7I2', redis.call('HGET', unfinished, place_of))
  for number = 1, count do
    redis.call('HDEL', unfinished, list_of(place_of, number))
  end
  redis.call('HDEL', unfinished, place_of)
end

-- Leaves a document hidden, with its lists of terms, which begin at a place of the arguments. Returns the
-- place after them.
local function leave(unfinished, place_of, count, arguments, at)
  redis.call('HSET', unfinished, place_of, GONE .. struct.pack('>I2', count))
  for number = 1, count do
    redis.call('HSET', unfinished, list_of(place_of, number), arguments[at])
    at = at + 1
  end
  return at
end

-- Remembers which ordinal has changed, and which other one if there is one; when nothing is left, begins
-- anew.
local function note_changes(meta, free, changes, hidden, stamp, place_of, other)
  redis.call('LPUSH', changes, stamp .. place_of)
  if other and other ~= place_of then
    redis.call('LPUSH', changes, stamp .. other)
  end
  redis.call('LTRIM', changes, 0, 1023)
  if hidden == '' and (redis.call('HGET', meta, 'documents') or '0') == '0' then
    redis.call('DEL', free, changes)
    redis.call('HDEL', meta, 'next')
  end
end
