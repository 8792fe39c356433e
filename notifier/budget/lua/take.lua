-- KEYS: the account, its slowed groups, then a row for each group that is limited.
-- ARGV: the time, the version of the list of slowed groups that the caller knows, then of the account: rate, most,
-- most at once, seconds to keep, letters worth a question; then all letters, then letters and number of the groups
-- without a limit; then of each limited group: rate, most, its own limit (1) or only a window (0), letters.
-- Gives {version, members} to a caller who knows another list, else {version, members, for the free, wait, (count, wait)…}.
local now = moment(ARGV[1])
if redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', text(now)) > 0 then
  change(KEYS[1], now)
  redis.call('EXPIRE', KEYS[1], ARGV[6])
end
local row = redis.call('HMGET', KEYS[1], 'version', 'tokens', 'at', 'peak', 'window', 'seen')
local version = row[1] or '0'
if version ~= ARGV[2] then return {version, redis.call('ZRANGE', KEYS[2], 0, -1)} end

local nominal = tonumber(ARGV[3])
local rate = slowed(nominal, window_at(row[5], row[6], now))
local part = rate / nominal
local tokens = filled(row[2], row[3], rate, math.max(1, ARGV[4] * part), now)
local peak = filled(row[4], row[3], rate * PEAK, math.max(1, ARGV[5] * part), now)

local wanted, weights, buckets = {tonumber(ARGV[9])}, {tonumber(ARGV[10])}, {}
for i = 3, #KEYS do
  local at = 11 + (i - 3) * 4
  local found = redis.call('HMGET', KEYS[i], 'tokens', 'at', 'window', 'seen')
  local window = window_at(found[3], found[4], now)
  local whole, letters = tonumber(ARGV[at]), tonumber(ARGV[at + 3])
  local bucket = false
  if window or ARGV[at + 2] == '1' then
    local own = slowed(whole, window)
    bucket = {rate = own, tokens = filled(found[1], found[2], own, math.max(1, ARGV[at + 1] * own / whole), now)}
    letters = math.min(letters, math.floor(bucket.tokens + EPSILON))
  end
  table.insert(wanted, letters)
  table.insert(weights, 1)
  table.insert(buckets, bucket)
end
if weights[1] == 0 then weights[1] = 1 end

local got = fair(math.floor(math.min(tokens, peak) + EPSILON), wanted, weights, math.floor(now * 1000000))
local total = 0
for _, count in ipairs(got) do total = total + count end
tokens, peak = tokens - total, peak - total
redis.call('HSET', KEYS[1], 'tokens', text(tokens), 'peak', text(peak), 'at', text(now))
redis.call('EXPIRE', KEYS[1], ARGV[6])
local worth = math.min(tonumber(ARGV[7]), tonumber(ARGV[8]) - total)
local wait = math.max(0, (worth - tokens) / rate, (worth - peak) / (rate * PEAK))

local answer = {version, {}, got[1], text(wait)}
for i, bucket in ipairs(buckets) do
  local own_wait = wait
  if bucket then
    local left = bucket.tokens - got[i + 1]
    redis.call('HSET', KEYS[i + 2], 'tokens', text(left), 'at', text(now))
    redis.call('EXPIRE', KEYS[i + 2], ARGV[6])
    own_wait = math.max(wait, (1 - left) / bucket.rate)
  end
  table.insert(answer, got[i + 1])
  table.insert(answer, text(own_wait))
end
return answer
