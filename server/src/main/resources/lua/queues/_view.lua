-- @include queues/_task
--
-- What is told about tasks.

-- The state of a task that has not ended and, when it has one, the time of it.
local function state_of(q, id, task)
  local due = redis.call('ZSCORE', q.delayed, id)
  if due then
    return 'Y', due
  end
  local died = redis.call('ZSCORE', q.dead, id)
  if died then
    return 'X', died
  end
  if task and is_leased(task) then
    return 'L', redis.call('ZSCORE', q.leased, id) or '0'
  end
  return 'R', '0'
end

-- State, record or what is remembered, payload, what became of it, errors, how far it is, time in ms.
local function view(q, id, payload)
  local found = redis.call('HMGET', q.tasks, id, '!' .. id, '?' .. id, '%' .. id)
  if not found[1] then
    local before = redis.call('HGET', q.done, id) or ''
    return {string.sub(before, 1, 1), before, '', '', '', '', '0'}
  end
  local state, time = state_of(q, id, found[2] and parse_task(found[2]))
  local long = payload and redis.call('HGET', q.tasks, '#' .. id) or ''
  return {state, found[1], long, found[2] or '', found[3] or '', found[4] or '', time}
end

-- The sorted set of the tasks in a state.
local function sorted(q, state)
  local keys = {R = q.ready, Y = q.delayed, L = q.leased, X = q.dead, D = q.finished}
  return keys[state]
end

-- Tasks of a sorted set with their scores, from after one of them on.
local function page(key, score, id, most)
  local from = 0
  if score ~= '' then
    local rank = redis.call('ZRANK', key, id)
    from = rank and rank + 1 or redis.call('ZCOUNT', key, '-inf', '(' .. score)
  end
  return redis.call('ZRANGE', key, from, from + most - 1, 'WITHSCORES')
end
