#!/usr/bin/env bash
# From 150 tags and operations on, Swagger UI 5.33 and later keep only the operations near the screen in the page, so
# "find in page", a printed copy and a script that lists the operations miss the others, without a message.
#
# Expected: with `docExpansion: "list"` every operation's line is in the page, as in 5.32, or an option says otherwise.
# What happens: a description of 149 operations under one tag, 150 in all, is printed with some twenty of them; one of
# 148 is whole. So one endpoint more empties the page of most endpoints. It is meant so (virtualized lists, pull request
# swagger-api/swagger-ui#11024); that find-in-page no longer works is open as #11056. There is no option to turn it off.
# So a large description is better shown with 5.32.15, or split.
#
# Needs chromium, npm and python3 with venv. It printed:
#
#   playwright 1.65.0, pypdf 6.14.0
#   swagger-ui-dist 5.32.15, 148 operations: whole on the page, whole in the PDF
#   swagger-ui-dist 5.32.15, 149 operations: whole on the page, whole in the PDF
#   swagger-ui-dist 5.34.0, 148 operations: whole on the page, whole in the PDF
#   swagger-ui-dist 5.34.0, 149 operations: fewer than a quarter on the page, fewer than a quarter in the PDF
#
# Exits with 1 when any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed -n 's/^#   //p' "$0" > "$folder/expected.txt"
cd "$folder"

python3 -m venv python
python/bin/pip install -q "playwright==1.65.0" "pypdf==6.14.0"
for version in 5.32.15 5.34.0; do
    npm install --silent --prefix "$version" "swagger-ui-dist@$version" >/dev/null
done

cat > operations.py <<'EOF'
import io
import shutil
from importlib.metadata import version
from pathlib import Path

from playwright.sync_api import sync_playwright
from pypdf import PdfReader

PAGE = """<!doctype html><meta charset=utf-8><link rel=icon href="data:,"><link rel=stylesheet href=swagger-ui.css>
<div id=docs></div><script src=swagger-ui-bundle.js></script>
<script>SwaggerUIBundle({url: "/openapi.json", dom_id: "#docs", docExpansion: "list"})</script>"""


def description(operations):
    answers = {"200": {"description": "As asked."}}
    paths = {
        f"/read/{number:03}": {"get": {"tags": ["reads"], "operationId": f"read{number}", "responses": answers}}
        for number in range(operations)
    }
    info = {"title": "Many reads", "version": "1"}
    return {"openapi": "3.1.0", "info": info, "tags": [{"name": "reads"}], "paths": paths}


def share(found, operations):
    if found == operations:
        return "whole"
    return "fewer than a quarter" if found * 4 < operations else f"{found}"


def shown(browser, swagger, operations):
    page = browser.new_page()

    def answer(route):
        name = route.request.url.rsplit("/", 1)[1]
        if name == "openapi.json":
            route.fulfill(json=description(operations))
        elif (swagger / name).is_file():
            route.fulfill(path=swagger / name)
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    page.route("**/*", answer)
    page.goto("http://docs.test/")
    page.wait_for_selector(".opblock")
    page.wait_for_timeout(2000)
    on_page = page.locator(".opblock").count()
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf())).pages)
    printed = sum(f"{number:03}" in text for number in range(operations))
    page.close()
    return f"{share(on_page, operations)} on the page, {share(printed, operations)} in the PDF"


print(f"playwright {version('playwright')}, pypdf {version('pypdf')}")
with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
    for release in ("5.32.15", "5.34.0"):
        for operations in (148, 149):
            found = shown(browser, Path(release, "node_modules/swagger-ui-dist").resolve(), operations)
            print(f"swagger-ui-dist {release}, {operations} operations: {found}")
    browser.close()
EOF
python/bin/python operations.py | tee actual.txt
diff expected.txt actual.txt
