-- @include slots/_state
-- @include lib/wait_queue

local THING = 'the slot'

local function not_held(text)
  return redis.error_reply('LOCK_NOT_HELD ' .. text)
end

local function refuse()
end

local function fits(slot)
  return slot.held and 'later' or 'now'
end

local function write_grant(slot)
  redis.call('SET', slot.keys.slot, table.concat({
    slot.token, slot.keepers, integer(slot.fence), integer(slot.expire), slot.request, slot.label,
  }, ' '), 'PXAT', integer(slot.expire + 86400000))
end

local function grant_to(slot, waiter)
  slot.held, slot.token, slot.keepers = true, waiter.token, waiter.token
  slot.fence, slot.expire = math.max(slot.fence + 1, slot.now), slot.ms + waiter.lease
  slot.request, slot.label = waiter.request, waiter.label
  write_grant(slot)
  return slot
end

local function find_grant(slot, token)
  return slot.held and slot.token == token and slot or nil
end

local function granted_to()
end

local function end_grant(slot)
  slot.held, slot.token, slot.expire = false, '-', slot.ms
  write_grant(slot)
end

local function save()
end
