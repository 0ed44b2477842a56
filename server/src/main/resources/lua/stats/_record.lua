-- Adds values to the figures of a context in the current hour.
--
-- The series is a hash. Field 's' holds the figures as big-endian doubles: count, mean, sum of squared
-- deviations from the mean (after Welford: no digits cancel, however far from 0 the values are), least,
-- greatest, sum, second at which an anomaly was told last, anomalies not told since. The other fields are
-- the sketch: how many values are in a bucket. Bucket i holds values above g^(i-1) and up to g^i with
-- g = 1.01/0.99, so that 2 g^i / (g + 1) is within 1 % of them; 'n' before i is for negative values, 'z'
-- for what is 0 or nearly.

local FIGURES = '>dddddddd'
local LOG_G = math.log(1.01 / 0.99)
local HOUR = 3600
local KEPT_HOURS = 25
local RANKED = 1000
local QUIET_SECONDS = 10

local function bucket(value)
  local size = math.abs(value)
  if size < 1e-9 then
    return 'z'
  end
  local i = math.ceil(math.log(math.min(size, 1e15)) / LOG_G)
  return value < 0 and 'n' .. i or i .. ''
end

-- Returns the count, the mean, and whether the last value is an anomaly; for an anomaly to be told also
-- value, count, mean and standard deviation before it and how many were not told.
local function record(series, slowest, context, hour, second, values)
  local sketch, buckets = {}, {}
  for i, value in ipairs(values) do
    local name = bucket(tonumber(value))
    if not sketch[name] then
      buckets[#buckets + 1] = name
    end
    sketch[name] = (sketch[name] or 0) + 1
  end
  local known = redis.call('HMGET', series, 's', unpack(buckets))
  local count, mean, squares, least, greatest, sum, told, quiet = 0, 0, 0, 0, 0, 0, 0, 0
  if known[1] then
    count, mean, squares, least, greatest, sum, told, quiet = struct.unpack(FIGURES, known[1])
  end
  local isNew, anomalous, alarm = count == 0, false, nil
  for _, text in ipairs(values) do
    local value = tonumber(text)
    local deviation = count > 1 and math.sqrt(squares / (count - 1)) or 0
    anomalous = count >= 30 and value > mean + 2 * deviation
    if anomalous and second - told >= QUIET_SECONDS then
      alarm = {text, count, string.format('%.17g', mean), string.format('%.17g', deviation), quiet}
      told, quiet = second, 0
    elseif anomalous then
      quiet = quiet + 1
    end
    least = isNew and count == 0 and value or math.min(least, value)
    greatest = isNew and count == 0 and value or math.max(greatest, value)
    count = count + 1
    local from_mean = value - mean
    mean = mean + from_mean / count
    squares = squares + from_mean * (value - mean)
    sum = sum + value
  end
  local fields = {
    's', struct.pack(FIGURES, count, mean, squares, least, greatest, sum, told, quiet),
  }
  for i, name in ipairs(buckets) do
    fields[2 * i + 1] = name
    fields[2 * i + 2] = (known[i + 1] or 0) + sketch[name]
  end
  redis.call('HSET', series, unpack(fields))
  local shown = string.format('%.17g', mean)
  local ranked = redis.call('ZADD', slowest, shown, context)
  if isNew then
    local expire = (hour + KEPT_HOURS) * HOUR
    redis.call('EXPIREAT', series, expire)
    redis.call('EXPIREAT', slowest, expire)
  end
  if isNew or ranked == 1 then
    -- One more in the ranking, or one again that had been crowded out.
    redis.call('ZREMRANGEBYRANK', slowest, 0, -RANKED - 1)
  end
  return {count, shown, anomalous and 1 or 0, unpack(alarm or {})}
end
