-- Remembers that a request was granted while it stood in line. When it had been granted before, by
-- another attempt that stood in line too, or the request has ended, this grant is given back. A grant
-- that has ended meanwhile, because its call was cancelled, is not remembered: another attempt may still
-- be waiting for one.
--
-- Goes first.
--
-- KEYS[1] owner
-- KEYS[2] line
-- KEYS[3] marks
-- KEYS[4] shares
-- KEYS[5] request
-- ARGV[1] token of the grant
-- ARGV[2] what the request asks for
--
-- Returns {1, token, fence, end of the lease in ms} of the grant that counts; {1} when it is the one
-- that was to be remembered, or has ended.
--
-- @include lib/lock_keys
-- @include lib/lock_line
-- @include lib/lock_request
local keys = by_name(KEYS)
local token, body = ARGV[1], ARGV[2]

local lock = read_lock(keys, microseconds())
local grant = find_grant(lock, token)
local before = string.match(redis.call('GET', keys.request) or '', '^%S+')
if before == '-' then
  if grant then
    give_back(lock, grant)
    hand_over(lock)
  end
  return ended()
end
if not grant then
  return {1}
end
if not before or before == token then
  remember(lock, token, body)
  return {1}
end
if leave_grant(lock, grant, token) then
  hand_over(lock)
end
return repeated(lock, {token = token, body = body})
