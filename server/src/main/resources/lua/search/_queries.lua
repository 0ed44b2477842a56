-- @include search/_index
--
-- queries is a hash: under the id of a query the query and the terms by which it is found, packed. probes
-- is a sorted set, of which all have the score 0: a term, a NUL and the id of a query; and, to list them, a NUL
-- and the id of every query.

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
