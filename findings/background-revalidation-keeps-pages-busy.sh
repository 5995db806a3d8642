#!/usr/bin/env bash
# A page that never comes to rest: Chromium announces a revalidation in the background to whoever drives it, and not its
# end, so a test that waits for an idle network (Playwright's `networkidle`) waits in vain where a server sends
# `stale-while-revalidate` (RFC 5861).
#
# Expected: each request that is announced ends, or background requests, which no page waits for, are not announced.
# What happens: on a page that fetches JSON with `max-age=1, stale-while-revalidate=60` the second visit is answered from
# the cache, Chromium asks again in the background, Playwright sees that request begin, and no end of it within the time
# of the wait, though the server has answered at once. Without the directive every request ends, and the page comes to
# rest.
# So what browsers fetch is better sent without the directive, or tests have to wait for what they want to see.
#
# Needs chromium and python3 with venv. It printed:
#
#   playwright 1.65.0
#   max-age=1: requests 2, ended 2, at rest
#   max-age=1, stale-while-revalidate=60: requests 3, ended 2, not at rest
#
# Exits with 1 when any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed -n '/^# It printed\|^# .*It printed:$/,/^# Exits/p' "$0" | sed -n 's/^#   //p' > "$folder/expected.txt"
cd "$folder"

python3 -m venv python
python/bin/pip install -q "playwright==1.65.0"

cat > visits.py <<'EOF'
import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from threading import Thread

from playwright.sync_api import TimeoutError, sync_playwright

PAGE = b"<!doctype html><link rel=icon href='data:,'><script>fetch('/data').then((answer) => answer.json())</script>"


class Handler(BaseHTTPRequestHandler):
    directive = ""

    def do_GET(self):
        body = PAGE if self.path == "/" else b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.path != "/":
            self.send_header("Cache-Control", self.directive)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def visits(browser, base):
    """Two visits; the second one when what the first has fetched is stale."""
    page, begun, ended = browser.new_context().new_page(), [], []
    page.on("request", lambda request: begun.append(request.url))
    page.on("requestfinished", lambda request: ended.append(request.url))
    page.goto(base, wait_until="networkidle")
    page.wait_for_timeout(2000)
    try:
        page.goto(base, wait_until="networkidle", timeout=10_000)
        rest = "at rest"
    except TimeoutError:
        rest = "not at rest"
    count = [urls.count(f"{base}data") for urls in (begun, ended)]
    return f"requests {count[0]}, ended {count[1]}, {rest}"


print("playwright", version("playwright"))
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
Thread(target=server.serve_forever, daemon=True).start()
with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
    for Handler.directive in ("max-age=1", "max-age=1, stale-while-revalidate=60"):
        print(f"{Handler.directive}: {visits(browser, f'http://127.0.0.1:{server.server_port}/')}")
    browser.close()
EOF
python/bin/python visits.py | tee found.txt
diff expected.txt found.txt > /dev/null
