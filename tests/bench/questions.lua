-- wrk: asks the questions of BENCH_QUESTIONS in rotation (lines of path, tab, ETag or nothing) and prints JSON.
local requests, at = {}, 0

function init()
  for path, etag in os.getenv("BENCH_QUESTIONS"):gmatch("([^\t\n]+)\t([^\n]*)") do
    local headers = etag ~= "" and { ["If-None-Match"] = etag } or nil
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  local all = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\n{"answers": %d, "seconds": %f, "errors": %d, "p99": %f}\n',
    summary.requests, summary.duration / 1e6, all, latency:percentile(99) / 1e6))
end
