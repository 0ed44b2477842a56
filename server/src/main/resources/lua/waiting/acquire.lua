-- Grants what a caller wants, or tells how things stand. Never waits.
--
-- KEYS[1..] those of the resource, and the request
-- ARGV[1] waiter
-- ARGV[2] what its request asks for
--
-- Returns {granted: flag, token: text, fence: integer, lease end ms: integer, note: text} when granted,
-- now or before, {granted: flag, note: text, until free ms: integer, place: integer, ticket: integer,
-- more: flag} with the place a waiter would get when not.
--
-- @include resource/_resource
-- @include lib/acquire
local keys, text, body = by_name(KEYS), ARGV[1], ARGV[2]

local waiter = parse_waiter(text)
return acquire(read(keys, microseconds(), waiter.terms), waiter, body)
