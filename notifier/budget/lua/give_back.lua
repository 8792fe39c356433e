-- KEYS: the account, then the rows of limited groups. ARGV: letters for each.
-- The peak gets nothing back: else a letter that comes back late would make a second too fast.
for i, key in ipairs(KEYS) do
  if redis.call('HEXISTS', key, 'tokens') == 1 then redis.call('HINCRBYFLOAT', key, 'tokens', ARGV[i]) end
end
return 1
