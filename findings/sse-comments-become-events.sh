#!/usr/bin/env bash
# A stream's heartbeats arrive as events: httpx-sse makes an event of each empty line once an id has come.
#
# Expected: a line that begins with a colon is a comment, for keeping a connection alive, and an empty line after nothing
# but comments, `id` or `retry` dispatches nothing, because there are no data (HTML Living Standard, 9.2.6). So `: ping`
# and an empty line, as servers and frameworks send it every 15 seconds, is nothing that a client's loop sees.
# What happens: PyPI's `httpx-sse` keeps the last id for the next event, as it should, but takes it as a reason to yield
# one. After the first event with an id each heartbeat is an event of type "message" without data, so that a loop that
# parses `event.data` as JSON works in every test and breaks off after a quarter of a minute without news. `retry` alone
# is an event, too. npm's `eventsource-parser`, under npm's `eventsource` and many SDKs, dispatches two events for the same bytes.
# A server that sends comments without the empty line behind them (which the standard allows) is right for both.
#
# Needs node with npm and python3 with venv. It printed:
#
#   httpx-sse 0.4.3 on httpx 0.28.1 | npm eventsource-parser 3.0.6
#   with an empty line behind comments: [["message", ""], ["news", "1"], ["message", ""], ["message", ""], ["news", "2"]] | [["news","1"],["news","2"]]
#   without: [["news", "1"], ["news", "2"]] | [["news","1"],["news","2"]]
#
# Exits with 1 when any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed -n '/^# .*It printed:$/,/^# Exits/p' "$0" | sed -n 's/^#   //p' > "$folder/expected.txt"
cd "$folder"

npm init --yes > /dev/null
npm pkg set type=module > /dev/null
npm install --silent --no-audit --no-fund "eventsource-parser@3.0.6" > /dev/null
python3 -m venv python
python/bin/pip install -q "httpx==0.28.1" "httpx-sse==0.4.3"

printf 'retry: 3000\n\nevent: news\ndata: 1\nid: a\n\n: ping\n\n: ping\n\nevent: news\ndata: 2\nid: b\n\n' > with.txt
printf 'retry: 3000\nevent: news\ndata: 1\nid: a\n\n: ping\n: ping\nevent: news\ndata: 2\nid: b\n\n' > without.txt

cat > read.py <<'EOF'
import json, sys
import httpx, httpx_sse

response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=open(sys.argv[1], "rb").read())
print(json.dumps([[event.event, event.data] for event in httpx_sse.EventSource(response).iter_sse()]))
EOF
cat > read.mjs <<'EOF'
import { readFileSync } from 'node:fs'
import { createParser } from 'eventsource-parser'
const events = []
createParser({ onEvent: event => events.push([event.event ?? 'message', event.data]) }).feed(readFileSync(process.argv[2], 'utf8'))
console.log(JSON.stringify(events))
EOF

{
    echo "httpx-sse 0.4.3 on httpx 0.28.1 | npm eventsource-parser 3.0.6"
    echo "with an empty line behind comments: $(python/bin/python read.py with.txt) | $(node read.mjs with.txt)"
    echo "without: $(python/bin/python read.py without.txt) | $(node read.mjs without.txt)"
} | tee seen.txt
diff expected.txt seen.txt
