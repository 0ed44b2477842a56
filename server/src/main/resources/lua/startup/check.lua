-- Does what all scripts do, and tells which commands Redis does not permit with a key and a channel
-- of the prefix. Leaves nothing behind.
--
-- KEYS[1] key that nobody has
-- ARGV[1] channel that nobody listens to
--
-- Returns {(command: text)…}: the commands that are not permitted.
local key = KEYS[1]
local channel = ARGV[1]

-- Those that take the key first; all that scripts use, which a test makes sure of.
local keyed = {
  'BITFIELD', 'DECRBY', 'DEL', 'EXISTS', 'EXPIREAT', 'GET', 'GETRANGE', 'HDEL', 'HEXISTS', 'HGET',
  'HINCRBY', 'HLEN', 'HMGET', 'HRANDFIELD', 'HSET', 'INCR', 'INCRBY', 'LINDEX', 'LLEN', 'LPOS',
  'LPUSH', 'LRANGE', 'LSET', 'LTRIM', 'PERSIST', 'PEXPIRE', 'PEXPIREAT', 'PEXPIRETIME', 'PTTL',
  'RPOP', 'RPUSH', 'SCARD', 'SET', 'SETRANGE', 'STRLEN', 'UNLINK', 'XADD', 'XLEN', 'XRANGE',
  'XREVRANGE', 'XTRIM', 'ZADD', 'ZCARD', 'ZCOUNT', 'ZINCRBY', 'ZLEXCOUNT', 'ZMSCORE', 'ZPOPMIN',
  'ZRANGE', 'ZRANGEBYSCORE', 'ZRANK', 'ZREM', 'ZREMRANGEBYLEX', 'ZREMRANGEBYRANK',
  'ZREMRANGEBYSCORE', 'ZREVRANGEBYSCORE', 'ZSCAN', 'ZSCORE',
}
local others = {
  {'TIME'},
  {'SPUBLISH', channel, ''},
  {'SSUBSCRIBE', channel},
  {'SUNSUBSCRIBE', channel},
  {'PUBSUB', 'SHARDNUMSUB', channel},
  {'PING'},
  {'EVALSHA', '', '1', key},
  {'EVAL_RO', '', '1', key},
  {'EVALSHA_RO', '', '1', key},
}

local denied = {}
for _, name in ipairs(keyed) do
  if not redis.acl_check_cmd(name, key) then
    denied[#denied + 1] = name
  end
end
for _, command in ipairs(others) do
  if not redis.acl_check_cmd(unpack(command)) then
    denied[#denied + 1] = command[1]
  end
end
if #denied == 0 then
  redis.call('TIME')
  redis.call('SET', key, 'x', 'PX', 1000)
  redis.call('GET', key)
  redis.call('SPUBLISH', channel, '')
  redis.call('DEL', key)
end
return denied
