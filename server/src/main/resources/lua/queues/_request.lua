-- @include queues/_leased
--
-- What was leased for the id of a request. Its key keeps, for as long as these leases, ten minutes at
-- most, split by single spaces: digest of the request, who has the tasks (see queues/_task), then id
-- and fence of each. It is '-' for ten minutes after the request was given up.

local GIVEN_UP = '-'

-- The tasks that whoever got them still has, each with its id.
local function leases_of(q, known)
  local holder, list = string.match(known, '^%S+ (%S+) (.*)$')
  local ids, fences, held = {}, {}, {}
  for id, fence in string.gmatch(list, '(%S+) (%S+)') do
    ids[#ids + 1], fences[#fences + 1] = id, fence
  end
  for i, task in ipairs(read_tasks(q, ids)) do
    if holds(task, fences[i]) and task.server == holder then
      task.id = ids[i]
      held[#held + 1] = task
    end
  end
  return held
end
