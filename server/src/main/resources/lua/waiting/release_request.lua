-- Gives back what a request was granted, hands it to the first in the queue, and remembers that the request
-- has ended: it is not granted again.
--
-- KEYS[1..] those of the resource, and the request
-- ARGV[1] request id
--
-- Returns {released: flag, more: flag}, the latter when more is to be handed over than is done in one go.
--
-- @include resource/_resource
-- @include lib/request_memory
local keys, request = by_name(KEYS), ARGV[1]

local resource = read(keys, microseconds(), '')
local known = remembered(resource)
-- A grant made in the queue that is neither remembered yet nor names its request is given back by
-- waiting/remember.
local grant = granted_to(resource, request) or known and find_grant(resource, known)
end_request(resource)
if not grant then
  return {0, 0}
end
end_grant(resource, grant)
return {1, hand_over(resource) and 1 or 0}
