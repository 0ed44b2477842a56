-- Adds entries to a log, once for each request id.
--
-- KEYS[1] head
-- KEYS[2] entries
-- KEYS[3] request
-- KEYS[4] recent of severity 1
-- KEYS[5] recent of severity 2
-- KEYS[6] recent of severity 3
-- KEYS[7] recent of severity 4
-- KEYS[8] recent of severity 5
-- KEYS[9] common of severity 1
-- KEYS[10] common of severity 2
-- KEYS[11] common of severity 3
-- KEYS[12] common of severity 4
-- KEYS[13] common of severity 5
-- ARGV[1] digest of the request, '' when it has no id
-- ARGV[2..] for each entry: severity, entry, what it is counted as
--
-- Returns {time us: integer, number: integer}: the number is that of the last entry.
--
-- @include logs/_append
-- @include lib/once
local head, entries, request = KEYS[1], KEYS[2], KEYS[3]
local recents, commons = {unpack(KEYS, 4, 8)}, {unpack(KEYS, 9, 13)}
local digest, batch = ARGV[1], ARGV

local answer = replay(request, digest)
if answer then
  return answer
end
local now = microseconds()
local known = redis.call('HMGET', head, 1, 2, 3, 4, 5, 'until')
local hour = integer(math.floor(now / 3600000000))
local number
for i = 2, #batch, 3 do
  local severity = tonumber(batch[i])
  number = append(
    head, entries, recents[severity], commons[severity], now, severity, known[severity],
    batch[i + 1], batch[i + 2])
  known[severity] = hour
end
tell(head, now, number, known[6])
return keep(request, digest, {now, tonumber(number)})
