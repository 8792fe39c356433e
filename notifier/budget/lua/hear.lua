-- KEYS: the account, its slowed groups, then the row of each group that was heard of (for '' the account's).
-- ARGV: the time, seconds to keep, then of each group: name, rate, accepted, slowed.
local now = moment(ARGV[1])
local changed = false
for i = 3, #KEYS do
  local at = 3 + (i - 3) * 4
  local group, rate = ARGV[at], tonumber(ARGV[at + 1])
  local accepted, refused = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local row = redis.call('HMGET', KEYS[i], 'window', 'seen', 'since', 'accepted', 'slowed')
  local window = window_at(row[1], row[2], now)
  local since = row[3]
  if not window and refused > 0 then
    window, since, accepted, refused = START, text(now), 0, 0
    -- The letters that made the server ask for less have left: what comes next begins at nothing.
    if group ~= '' then redis.call('HSET', KEYS[i], 'tokens', '0', 'at', text(now)) end
  elseif window then
    accepted, refused = accepted + tonumber(row[4]), refused + tonumber(row[5])
    if now - tonumber(since) >= COHORT_S then
      if refused > BEARS * (accepted + refused) then
        window = math.max(math.min(LIMIT, LIMIT * TRICKLE_PER_S / rate), window / 2)
      else
        window = window + math.min(1, accepted / math.max(1, window))
      end
      since, accepted, refused = text(now), 0, 0
    end
  end
  if window and window < LIMIT then
    redis.call('HSET', KEYS[i], 'window', text(window), 'seen', text(now), 'since', since)
    redis.call('HSET', KEYS[i], 'accepted', accepted, 'slowed', refused)
    redis.call('EXPIRE', KEYS[i], ARGV[2])
    local ends = now + (LIMIT - window) / FORGETS_PER_S
    if redis.call('ZADD', KEYS[2], text(ends), group) == 1 then changed = true end
  else
    redis.call('HDEL', KEYS[i], 'window', 'seen', 'since', 'accepted', 'slowed')
    if redis.call('ZREM', KEYS[2], group) == 1 then changed = true end
  end
end
if changed then change(KEYS[1], now) end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 1
