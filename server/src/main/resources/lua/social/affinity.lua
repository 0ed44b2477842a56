-- Notes that a user liked something of an author; those it likes least are forgotten.
--
-- KEYS[1] affinity
-- ARGV[1] author
-- ARGV[2] most authors
--
-- Returns {authors: integer}.
local affinity = KEYS[1]
local author, most = ARGV[1], tonumber(ARGV[2])

redis.call('ZINCRBY', affinity, 1, author)
local beyond = redis.call('ZCARD', affinity) - most
if beyond > 0 then
  redis.call('ZREMRANGEBYRANK', affinity, 0, beyond - 1)
end
return {redis.call('ZCARD', affinity)}
