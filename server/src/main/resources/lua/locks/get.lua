-- Tells who holds the lock and who waits.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- ARGV[1] how many holders to tell of
-- ARGV[2] how many waiters to tell of
--
-- Returns {held: flag, shared: flag, newest fence: integer, last lease end ms: integer, readers: integer,
-- waiters: integer, holders: integer, (label: text, fence: integer, since ms: integer, lease end ms:
-- integer)… (label: text, shared: flag, ticket: integer)…}: so many holders, then waiters.
--
-- @include locks/_resource
local keys, most_holders, most_waiters = by_name(KEYS), tonumber(ARGV[1]), tonumber(ARGV[2])

local lock = read(keys, microseconds())
local holders = {}
if lock.shared then
  local last = last_readers(lock, most_holders)
  for i = 1, #last, 2 do
    holders[#holders + 1] = reader(lock, last[i], -tonumber(last[i + 1]))
  end
elseif lock.held then
  holders[1] = lock
end
local answer = {
  lock.held and 1 or 0, lock.shared and 1 or 0, lock.fence, lock.held and lock.expire or 0,
  count_readers(lock), redis.call('ZCARD', keys.line), #holders,
}
local function add(...)
  for _, value in ipairs({...}) do
    answer[#answer + 1] = value
  end
end
for _, grant in ipairs(holders) do
  add(grant.label, grant.fence, grant.since, grant.expire)
end
if most_waiters > 0 then
  local first = redis.call('ZRANGE', keys.line, 0, most_waiters - 1, 'WITHSCORES')
  for i = 1, #first, 2 do
    local waiter = parse_waiter(first[i])
    add(waiter.label, is_shared(waiter.token) and 1 or 0, tonumber(first[i + 1]))
  end
end
return answer
