-- Adds or replaces a schedule of a queue, unless it is the same already.
--
-- KEYS[1] schedules
-- ARGV[1] name
-- ARGV[2] when it runs next in ms, 0 for never
-- ARGV[3] definition
-- ARGV[4] how many there may be
--
-- Returns {next run ms: integer}.
local schedules = KEYS[1]
local name, next_run, definition, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

-- A schedule: next run and newest run in ms, or 0; newest task or '-'; split by single spaces; a
-- line feed; the definition.
local before = redis.call('HGET', schedules, name)
local last, task = '0', '-'
if before then
  local known_next, known_last, known_task, known = string.match(
    before, '^(%S+) (%S+) (%S+)\n(.*)$')
  if known == definition then
    return {tonumber(known_next)}
  end
  last, task = known_last, known_task
elseif redis.call('HLEN', schedules) >= most then
  return redis.error_reply('SCHEDULES_FULL the queue has as many schedules as it may')
end
redis.call('HSET', schedules, name, next_run .. ' ' .. last .. ' ' .. task .. '\n' .. definition)
return {tonumber(next_run)}
