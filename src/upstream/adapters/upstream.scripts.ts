/** One clock for all processes: Redis's. */
const NOW = `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Slots asked for and given back, in order. KEYS, for each: who runs, who waits; both sorted by the last sign of life.
 * ARGV: ms until one without counts as gone; then for each: most that run (-1 = it is given back), most that wait, the
 * member. Answers for each 1 taken, 0 waiting, 2 full, 3 given back; and how many wait. Who is gone is looked for only
 * where there would be no slot otherwise.
 */
export const ASK_SLOTS_SCRIPT = `${NOW}
local ttlMs, answers = tonumber(ARGV[1]), {}
local function count(key, enough)
  local members = redis.call('ZCARD', key)
  if members > 0 and members >= enough then
    members = members - redis.call('ZREMRANGEBYSCORE', key, '-inf', nowMs - ttlMs)
  end
  return members
end
local function put(key, member)
  redis.call('ZADD', key, nowMs, member)
  redis.call('PEXPIRE', key, 2 * ttlMs)
end
for index = 1, #KEYS / 2 do
  local running, waiting = KEYS[2 * index - 1], KEYS[2 * index]
  local slotsMax, waitersMax = tonumber(ARGV[3 * index - 1]), tonumber(ARGV[3 * index])
  local member, state, waiters = ARGV[3 * index + 1], 2, 0
  if slotsMax == -1 then
    state = 3
    if redis.call('ZREM', running, member) == 0 then redis.call('ZREM', waiting, member) end
  else
    waiters = count(waiting, 1)
    if count(running, slotsMax) < slotsMax or redis.call('ZSCORE', running, member) then
      put(running, member)
      if waiters > 0 then waiters = waiters - redis.call('ZREM', waiting, member) end
      state = 1
    elseif redis.call('ZSCORE', waiting, member) then
      put(waiting, member)
      state = 0
    elseif waiters < waitersMax then
      put(waiting, member)
      waiters = waiters + 1
      state = 0
    end
  end
  answers[2 * index - 1], answers[2 * index] = state, waiters
end
return answers
`;

/**
 * A sign of life of each of a process's members. KEYS: where each is; ARGV: the ttl in ms, then each member. One that
 * was dropped while its process stood still is counted again, for its call goes on.
 */
export const KEEP_SLOTS_SCRIPT = `${NOW}
local ttlMs = tonumber(ARGV[1])
for index, key in ipairs(KEYS) do
  redis.call('ZADD', key, nowMs, ARGV[index + 1])
  redis.call('PEXPIRE', key, 2 * ttlMs)
end
return #KEYS
`;

/**
 * KEYS: marks, when each may be forgotten, their version. ARGV: name, reason, ms until it ends, ms that it is kept
 * thereafter, most marks. One that lasts longer stays. A mark is kept as '<end in ms>|<reason>'.
 */
export const PUT_MARK_SCRIPT = `${NOW}
local name, reason, untilMs = ARGV[1], ARGV[2], nowMs + tonumber(ARGV[3])
local known = redis.call('HGET', KEYS[1], name)
if known and tonumber(string.match(known, '^(%d+)|')) >= untilMs then return 0 end
redis.call('HSET', KEYS[1], name, string.format('%d|%s', untilMs, reason))
redis.call('ZADD', KEYS[2], untilMs + tonumber(ARGV[4]), name)
if redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[5]) then
  redis.call('HDEL', KEYS[1], redis.call('ZPOPMIN', KEYS[2])[1])
end
redis.call('INCR', KEYS[3])
return 1
`;

/** KEYS as above. ARGV: names of marks that are taken back. */
export const CLEAR_MARKS_SCRIPT = `
redis.call('HDEL', KEYS[1], unpack(ARGV))
redis.call('ZREM', KEYS[2], unpack(ARGV))
return redis.call('INCR', KEYS[3])
`;

/**
 * KEYS: the three above, loads by process, when each process was last heard. ARGV: version known, process, its load,
 * ms until a silent process is forgotten. Answers Redis's time, the version, the marks if it moved, all loads.
 */
export const SYNC_SCRIPT = `${NOW}
local ended = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', nowMs, 'LIMIT', 0, 1000)
if #ended > 0 then
  redis.call('HDEL', KEYS[1], unpack(ended))
  redis.call('ZREM', KEYS[2], unpack(ended))
end
redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[5], nowMs, ARGV[2])
local silent = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', nowMs - tonumber(ARGV[4]), 'LIMIT', 0, 1000)
if #silent > 0 then
  redis.call('HDEL', KEYS[4], unpack(silent))
  redis.call('ZREM', KEYS[5], unpack(silent))
end
local version = redis.call('GET', KEYS[3]) or '0'
local marks = version ~= ARGV[1] and redis.call('HGETALL', KEYS[1]) or {}
return { nowMs, version, marks, redis.call('HGETALL', KEYS[4]) }
`;

/**
 * KEYS: the probe, the marks. ARGV: owner, ms that it lasts, name of the breaker's mark. Answers 1 to who may try:
 * nobody, while the breaker is open by now, for whoever asks may not have heard of it yet.
 */
export const TAKE_PROBE_SCRIPT = `${NOW}
local known = redis.call('HGET', KEYS[2], ARGV[3])
if known and tonumber(string.match(known, '^(%d+)|')) > nowMs then return 0 end
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') and 1 or 0
`;

/** Ends the probe of its owner alone. */
export const DROP_PROBE_SCRIPT = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;
