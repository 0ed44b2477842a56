-- Keeps a server's waiters alive, hands over what is free, and tells how things stand.
--
-- Goes first.
--
-- KEYS[1..] those of the resource
-- ARGV[1] server
-- ARGV[2..] waiters of this server
--
-- Returns {until free ms: integer, more: flag, (place: integer, hint: text)…}: for each waiter its place, 0
-- when it is not in the queue, and what a hint would say about its grant, '' when it has none.
--
-- @include resource/_resource
-- @include lib/hand_over
local keys, server, waiters = by_name(KEYS), ARGV[1], {unpack(ARGV, 2)}

local resource = read(keys, microseconds(), '')
mark_server(resource, server)
local more = hand_over(resource)
local answer = {until_free(resource), more and 1 or 0}
for _, text in ipairs(waiters) do
  local place = place_of(resource, text)
  local grant = place == 0 and find_grant(resource, parse_waiter(text).token)
  answer[#answer + 1] = place
  answer[#answer + 1] = grant and hint_of(resource, grant) or ''
end
return answer
