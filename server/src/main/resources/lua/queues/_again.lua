-- @include queues/_request
--
-- Answers a request for tasks that came before.

-- Who has the tasks of a request that was answered more than once: as it is not known by which of its
-- calls the caller goes, none of them gives tasks back by itself.
local SEVERAL = '-/+'

-- Adds to an answer the tasks that are still leased for the request. Returns why it is refused, if it is.
local function lease_again(q, request, digest, known, answer)
  if known == GIVEN_UP then
    return redis.error_reply('TASK_NOT_LEASED the request was given up by Release')
  end
  local before, rest = string.match(known, '^(%S+) %S+( .*)$')
  if before ~= digest then
    return redis.error_reply('REQUEST_ID_REUSED the request_id was used for another request')
  end
  for _, task in ipairs(leases_of(q, known)) do
    local expire = tonumber(redis.call('ZSCORE', q.leased, task.id))
    if expire > q.ms then
      local record = redis.call('HGET', q.tasks, task.id)
      local payload = read_head(record).long and redis.call('HGET', q.tasks, '#' .. task.id) or ''
      task.server = SEVERAL
      write_task(q, task.id, task)
      local n = #answer
      answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4] = task.id, record, payload, task.attempts
      answer[n + 5], answer[n + 6], answer[n + 7] = tonumber(task.fence), expire, tonumber(task.limit)
    end
  end
  redis.call('SET', request, digest .. ' ' .. SEVERAL .. rest, 'KEEPTTL')
  return nil
end
