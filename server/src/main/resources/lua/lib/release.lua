-- @include lib/hand_over
--
-- Ends the grant of a token and hands over what it held. Returns the reply.
local function release(resource, token)
  local grant = find_grant(resource, token)
  if not grant then
    return not_held('this token does not hold ' .. THING)
  end
  end_grant(resource, grant)
  return {hand_over(resource) and 1 or 0}
end
