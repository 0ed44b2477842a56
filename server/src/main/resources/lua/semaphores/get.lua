-- Tells about a semaphore and a page of its holders by the end of their lease.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- KEYS[5] servers
-- ARGV[1] how many holders at most
-- ARGV[2] id of the last holder of the page before, '' for none
-- ARGV[3] end of that one's lease in ms as it was told
--
-- Returns {limit: integer, default lease in ms: integer, configured: flag, permits in use: integer, holders:
-- integer, waiters: integer, last fence: integer, (what is known of a holder of the page: text)…}.
--
-- @include semaphores/_resource
local keys, size, last, last_end = by_name(KEYS), tonumber(ARGV[1]), ARGV[2], ARGV[3]

local holders = keys.holders
local sem = read(keys, microseconds())
if sem.missing then
  return refuse(sem)
end
local answer = {
  sem.limit, sem.default_lease, sem.kind == 'c' and 1 or 0, sem.used, redis.call('ZCARD', holders),
  redis.call('ZCARD', keys.line), sem.fence,
}
if size > 0 then
  local from = 0
  if last ~= '' then
    -- Holders with the same end are in the order of their ids.
    from = redis.call('ZSCORE', holders, last) == last_end
      and redis.call('ZRANK', holders, last) + 1
      or redis.call('ZCOUNT', holders, '-inf', '(' .. last_end)
  end
  local page = redis.call('ZRANGE', holders, from, from + size - 1)
  for _, record in ipairs(#page > 0 and redis.call('HMGET', keys.grants, unpack(page)) or {}) do
    answer[#answer + 1] = record
  end
end
return answer
