-- Tells the instances of a service, or what changed in it since a revision.
--
-- KEYS[1] instances
-- KEYS[2] leases
-- KEYS[3] log
-- ARGV[1] revision, '' for all
--
-- Returns {now ms: integer, revision: integer, whole: flag, ends in ms: integer, changes: integer,
-- (revision: integer, name: text, deletion: text)…, (name: text, value: bytes)…} as config/_read
-- does.
--
-- @include config/_leases
-- @include config/_read
local values, leases, log = KEYS[1], KEYS[2], KEYS[3]
local since = ARGV[1]

local now = microseconds()
reap(values, leases, log, now)
local ends = redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')[2]
local left = ends and ends - math.floor(now / 1000) or -1
return read(values, leases, log, since, now, left)
