-- @include search/_index
--
-- queries is a hash: under the id of a query the query, the terms by which it is found and the stamp of the
-- call that saved it, packed. The first partition gives calls their stamps, so that all partitions end with
-- the same queries, in whichever order calls reach them. probes
-- is a sorted set, of which all have the score 0: a term, a NUL and the id of a query; and, to list them, a NUL
-- and the id of every query.

-- The stamp of the call that saved a query; '' when there is none.
local function saved_by(queries, id)
  local known = redis.call('HGET', queries, id)
  return known and cmsgpack.unpack(known)[3] or ''
end

local function number_of(stamp)
  return stamp == '' and 0 or struct.unpack('>I7', stamp)
end

-- Forgets a query. Returns whether there was one.
local function forget(queries, probes, id)
  local known = redis.call('HGET', queries, id)
  if not known then
    return false
  end
  for _, term in ipairs(cmsgpack.unpack(known)[2]) do
    redis.call('ZREM', probes, term .. '\0' .. id)
  end
  redis.call('ZREM', probes, '\0' .. id)
  redis.call('HDEL', queries, id)
  return true
end

-- Lets puts know that saved queries have changed.
local function touch(meta, queries)
  local count = redis.call('HLEN', queries)
  if count > 0 then
    next_stamp(meta, 'queries')
    redis.call('HSET', meta, 'saved', count)
  else
    redis.call('HDEL', meta, 'queries', 'saved')
  end
end
