-- Takes statuses out of an archive.
--
-- KEYS[1] archive
-- KEYS[2] archived
-- ARGV[1..] entries
--
-- Returns {removed: integer}.
local archive, archived = KEYS[1], KEYS[2]
local entries = ARGV

local removed = 0
for i = 1, #entries do
  removed = removed + redis.call('ZREM', archive, entries[i])
end
if removed > 0 then
  redis.call('DECRBY', archived, removed)
end
return {removed}
