-- Remembers that a request was granted while it waited. When it had been granted before, by another
-- attempt that waited too, or the request has ended, this grant is given back. A grant that has ended
-- meanwhile, because its call was cancelled, is not remembered: another attempt may still be waiting for one.
--
-- Goes first.
--
-- KEYS[1..] those of the resource, and the request
-- ARGV[1] token of the grant
-- ARGV[2] what the request asks for
--
-- Returns {granted: flag, token: text, fence: integer, lease end ms: integer, note: text} of the grant that
-- counts; {granted: flag} when it is the one that was to be remembered, or has ended.
--
-- @include resource/_resource
-- @include lib/request_memory
local keys, token, body = by_name(KEYS), ARGV[1], ARGV[2]

local resource = read(keys, microseconds(), '')
local grant, known = find_grant(resource, token), remembered(resource)
if known == '-' then
  if grant then
    end_grant(resource, grant)
    hand_over(resource)
  end
  return ended()
end
if not grant then
  return {1}
end
if not known or known == token then
  remember(resource, grant, body)
  return {1}
end
if leave_grant(resource, grant, token) then
  hand_over(resource)
end
return repeated(resource, nil, token, body)
