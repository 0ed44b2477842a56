-- @include queues/_task
--
-- The errors of a task, the newest 20: for each attempt, time in ms and number of bytes of the text,
-- split by single spaces, a line feed, the text.

local ERRORS = 20

local function add_error(q, id, task, text)
  task.more = '1'
  local errors = redis.call('HGET', q.tasks, '?' .. id) or ''
  local starts, at = {}, 1
  while at <= #errors do
    starts[#starts + 1] = at
    local _, last, bytes = string.find(errors, '^%d+ %d+ (%d+)\n', at)
    at = last + 1 + tonumber(bytes)
  end
  if #starts >= ERRORS then
    errors = string.sub(errors, starts[#starts - ERRORS + 2])
  end
  redis.call('HSET', q.tasks, '?' .. id,
    errors .. task.attempts .. ' ' .. integer(q.ms) .. ' ' .. #text .. '\n' .. text)
end
