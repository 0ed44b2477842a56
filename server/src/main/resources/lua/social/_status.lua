-- A status is one string: a line '<state> <author> <likes> <favorites> <reposts> <replies>' and the rest.
-- The states are l (live), h (hidden) and d (deleted).

-- The parts of a status; nil when there is none.
local function parse_status(value)
  local state, author, likes, favorites, reposts, replies, rest = string.match(
    value or '', '^(%a) (%d+) (%d+) (%d+) (%d+) (%d+)\n(.*)$')
  return state and {
    state = state, author = author, likes = likes, favorites = favorites, reposts = reposts,
    replies = replies, rest = rest,
  }
end

local function status_value(status)
  return table.concat({
    status.state, status.author, status.likes, status.favorites, status.reposts, status.replies,
  }, ' ') .. '\n' .. status.rest
end
