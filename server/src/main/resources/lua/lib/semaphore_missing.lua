-- The refusal of who says no limit when there is none.
local function missing()
  return redis.error_reply(
    'SEMAPHORE_NOT_FOUND nobody configured this semaphore: call Configure, or say a limit')
end
