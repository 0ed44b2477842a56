-- The keys of a lock by their names, in the order in which scripts take them.
local function by_name(keys)
  return {owner = keys[1], line = keys[2], marks = keys[3], shares = keys[4], request = keys[5]}
end
