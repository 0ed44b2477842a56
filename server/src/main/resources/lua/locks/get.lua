-- Tells who holds the lock and who waits.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- ARGV[1] how many holders to tell of
-- ARGV[2] how many waiters to tell of
--
-- Returns {0 free or 1 held by one or 2 held by readers, newest fence, end of the last lease in ms,
-- number of readers, number of waiters, number of holders told of, then label, fence, time of the
-- grant in ms and end of the lease in ms of each, then label, 1 for a reader and ticket of each
-- waiter told of}.
--
-- @include lib/lock_keys
-- @include lib/lock_line
local keys = by_name(KEYS)
local holders_at_most, waiters_at_most = tonumber(ARGV[1]), tonumber(ARGV[2])

local lock = read_lock(keys, microseconds())
local holders = {}
if lock.shared then
  local last = last_readers(lock, holders_at_most)
  for i = 1, #last, 2 do
    holders[#holders + 1] = reader(lock, last[i], -tonumber(last[i + 1]))
  end
elseif lock.held then
  holders[1] = lock
end
local answer = {
  lock.shared and 2 or lock.held and 1 or 0, lock.fence, lock.held and lock.expire or 0,
  count_readers(lock), redis.call('ZCARD', keys.line), #holders,
}
local function add(...)
  for _, value in ipairs({...}) do
    answer[#answer + 1] = value
  end
end
for _, grant in ipairs(holders) do
  add(grant.holder, grant.fence, grant.since, grant.expire)
end
if waiters_at_most > 0 then
  local first = redis.call('ZRANGE', keys.line, 0, waiters_at_most - 1, 'WITHSCORES')
  for i = 1, #first, 2 do
    local _, token, _, _, holder = parse_waiter(first[i])
    add(holder, is_shared(token) and 1 or 0, tonumber(first[i + 1]))
  end
end
return answer
