-- @include queues/_park
-- @include queues/_task
--
-- Leases tasks to one holder. What is given to it is collected in a table: 'lease' in ms, 'holder',
-- 'answer' with what it is told, 'written' with fields of tasks, 'timed' with leases by their ends,
-- 'granted' with id and fence of each, and 'long_bytes' of payloads that stand apart.

-- Leases a task that was taken out of 'ready', or parks it.
local function give(q, given, id, score, record, text)
  local head = read_head(record)
  if head.key ~= '' and not lease_key(q, head.key) then
    park(q, id, head)
    return
  end
  local task = text and parse_task(text) or {
    attempts = 0, budget = head.attempts, returns = 0, key = head.key, kind = head.kind,
    more = head.long and '1' or '0', retention = integer(head.retention),
  }
  local payload = head.long and redis.call('HGET', q.tasks, '#' .. id) or ''
  given.long_bytes = given.long_bytes + #payload
  local fence = next_number(q)
  local limit = head.timeout > 0 and q.ms + head.timeout or 0
  local expire = limit > 0 and math.min(q.ms + given.lease, limit) or q.ms + given.lease
  task.attempts, task.fence, task.mark = task.attempts + 1, integer(fence), 'L'
  task.score, task.limit, task.server = score, integer(limit), given.holder
  local written, timed, answer = given.written, given.timed, given.answer
  written[#written + 1] = '!' .. id
  written[#written + 1] = task_text(task)
  timed[#timed + 1] = integer(expire)
  timed[#timed + 1] = id
  given.granted[#timed / 2] = id .. ' ' .. task.fence
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4] = id, record, payload, task.attempts
  answer[n + 5], answer[n + 6], answer[n + 7] = fence, expire, limit
  tell(q, id)
end
