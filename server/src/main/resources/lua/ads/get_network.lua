-- Reads how a network decides.
--
-- Reads only.
--
-- KEYS[1] head
-- KEYS[2] ids
--
-- Returns {settings: bytes, ads: integer}.
local head, ids = KEYS[1], KEYS[2]

return {redis.call('HGET', head, 'settings') or '', redis.call('ZCARD', ids)}
