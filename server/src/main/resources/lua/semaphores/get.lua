-- Tells about a semaphore and a page of its holders by the end of their lease.
--
-- KEYS[1] state
-- KEYS[2] holders
-- KEYS[3] grants
-- KEYS[4] line
-- ARGV[1] how many holders at most
-- ARGV[2] id of the last holder of the page before, '' for none
-- ARGV[3] end of that one's lease in ms as it was told
--
-- Returns {limit, default lease in ms, 'c' or 'u', permits in use, number of holders, number of
-- waiters, last fence, what is known of each holder of the page}.
--
-- @include lib/semaphore_state
-- @include lib/semaphore_missing
local state, holders, grants, line = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local size, last, last_end = tonumber(ARGV[1]), ARGV[2], ARGV[3]

local sem = read_semaphore(state, holders, grants, microseconds(), 0)
if not sem then
  return missing()
end
local answer = {
  sem.limit, sem.lease, sem.kind, sem.used, redis.call('ZCARD', holders),
  redis.call('ZCARD', line), sem.fence,
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
  for _, record in ipairs(#page > 0 and redis.call('HMGET', grants, unpack(page)) or {}) do
    answer[#answer + 1] = record
  end
end
return answer
