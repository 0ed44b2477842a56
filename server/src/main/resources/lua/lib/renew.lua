-- @include lib/hand_over
--
-- Sets the end of the lease of a grant. The keeper is a call that must be one of its keepers, '' for any;
-- the new owner one that becomes the only keeper, '' for none. A lease of 0 is the resource's own. Returns the reply.
local function renew(resource, token, lease, keeper, owner)
  local grant = find_grant(resource, token)
  if not grant then
    return not_held('this token does not hold ' .. THING)
  end
  if keeper ~= '' and not is_keeper(grant.keepers, keeper) then
    return not_held('another call holds ' .. THING .. ' with this token')
  end
  grant.keepers = owner ~= '' and owner or grant.keepers
  grant.expire = resource.ms + (lease > 0 and lease or resource.default_lease)
  write_grant(resource, grant)
  return {tonumber(grant.fence), grant.expire}
end
