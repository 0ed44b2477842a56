-- Leaves the queue and the keepers of what was granted in the meantime, which gives it back unless it has
-- others. That may be a grant of an earlier call with the same request.
--
-- Goes first.
--
-- KEYS[1..] those of the resource, and the request
-- ARGV[1] waiter
-- ARGV[2] token of a grant; the waiter says which call must be one of its keepers
-- ARGV[3] 1 to keep a grant, 0 to leave it
--
-- Returns {granted: flag, token: text, fence: integer, lease end ms: integer, note: text} for a grant that
-- is kept, {granted: flag, note: text, until free ms: integer, place: integer, ticket: integer, more: flag}
-- with the place it had otherwise.
--
-- @include resource/_resource
-- @include lib/hand_over
local keys, text, token, keep = by_name(KEYS), ARGV[1], ARGV[2], ARGV[3] == '1'

local waiter = parse_waiter(text)
local resource = read(keys, microseconds(), '')
local place = place_of(resource, text)
redis.call('ZREM', keys.line, text)
local grant, known = find_grant(resource, token), nil
if waiter.request ~= '-' then
  -- @include lib/request_memory
  known = remembered(resource)
  grant = grant or granted_to(resource, waiter.request) or known and find_grant(resource, known)
end
if grant and is_keeper(grant.keepers, waiter.token) then
  if keep then
    return granted(resource, grant)
  end
  token = grant.token
  if leave_grant(resource, grant, waiter.token) then
    -- Another grant may be remembered for the same request.
    if known == token then
      redis.call('DEL', keys.request)
    end
    place = 1
  end
end
-- Those behind it may be content with less.
local more = place == 1 and hand_over(resource)
return not_granted(resource, math.max(place, 1), 0, more)
