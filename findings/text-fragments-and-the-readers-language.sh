#!/usr/bin/env bash
# One link, one page, two passages: a text fragment (#:~:text=) opens where the language of the reader's browser says.
#
# Expected: the same link opens the same page at the same words for everybody. WICG's Scroll To Text Fragment has words
# compared by base characters, the primary level of UTS 10, and names no language for that; the page says lang="en".
# What happens: Chromium compares with ICU's rules for searching in the language of its own menus. So `text=Maedchen`
# opens at "Maedchen" in English, and at "Mädchen", which stands before it, in German; `text=Muller` opens at "Müller" in
# English and not in German or Swedish; `text=Aarhus` opens at "Århus" in Danish.
# So a fragment that was tried in one browser may lead others elsewhere. Words that are alike in any language need
# `prefix-` or `-suffix`.
#
# Needs Debian with its packages chromium and python3-venv. It printed:
#
#   Chromium 156.0.8078.108, Playwright 1.65.2
#   en-US: Maedchen -> Maedchen  Madchen -> Mädchen    Muller -> Müller      Myller -> Myller      Aarhus -> Aarhus
#   de-DE: Maedchen -> Mädchen   Madchen -> Madchen    Muller -> Muller      Myller -> Myller      Aarhus -> Aarhus
#   sv-SE: Maedchen -> Maedchen  Madchen -> Madchen    Muller -> Muller      Myller -> Müller      Aarhus -> Aarhus
#   da-DK: Maedchen -> Maedchen  Madchen -> Madchen    Muller -> Muller      Myller -> Müller      Aarhus -> Århus
#
# Exits with 1 when any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# The browser's languages are a package of their own; it must be of the browser's version.
chromium=$(dirname "$(dpkg -L chromium | grep '/chromium/chromium$')")
version=$(dpkg-query -W -f '${Version}' chromium)
chmod 755 "$folder"
apt-get download -qq "chromium-l10n=$version" 2>/dev/null
dpkg -x chromium-l10n_*.deb languages
cp -r "$chromium" browser
cp -r "languages$chromium/locales" browser/
python3 -m venv python
python/bin/pip install -q "playwright==1.65.2"

cat > open.py <<'EOF'
import os
from importlib.metadata import version

from playwright.sync_api import sync_playwright

NAMES = ["Mädchen", "Maedchen", "Madchen", "Müller", "Mueller", "Muller", "Myller", "Århus", "Aarhus", "Arhus"]
ASKED = ["Maedchen", "Madchen", "Muller", "Myller", "Aarhus"]
EXPECTED = {
    "en-US": ["Maedchen", "Mädchen", "Müller", "Myller", "Aarhus"],
    "de-DE": ["Mädchen", "Madchen", "Muller", "Myller", "Aarhus"],
    "sv-SE": ["Maedchen", "Madchen", "Muller", "Müller", "Aarhus"],
    "da-DK": ["Maedchen", "Madchen", "Muller", "Müller", "Århus"],
}
BODY = "".join(f"<p>{name}</p>" for name in NAMES)
PAGE = f"<!doctype html><html lang=en><meta charset=utf-8><style>p {{margin: 3000px 0}}</style><body>{BODY}"

found = {}
with sync_playwright() as driver:
    for language in ("en", "de", "sv", "da"):
        browser = driver.chromium.launch(
            executable_path="browser/chromium", args=["--no-sandbox"], env={**os.environ, "LANGUAGE": language}
        )
        if not found:
            print(f"Chromium {browser.version}, Playwright {version('playwright')}")
        page = browser.new_page(viewport={"width": 800, "height": 600})
        page.route("**/*", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        page.goto("http://page.example/")
        tops = page.evaluate("[...document.querySelectorAll('p')].map(p => p.getBoundingClientRect().top)")
        landed = []
        for name in ASKED:
            page.evaluate("scrollTo(0, 0)")
            page.goto(f"http://page.example/#:~:text={name}")
            page.wait_for_timeout(300)
            height = page.evaluate("scrollY") + 300
            landed.append(NAMES[min(range(len(NAMES)), key=lambda number: abs(tops[number] - height))])
        found[page.evaluate("navigator.language")] = landed
        browser.close()
for language, landed in found.items():
    print(f"{language}:", "  ".join(f"{name} -> {there}".ljust(20) for name, there in zip(ASKED, landed)).rstrip())
raise SystemExit(found != EXPECTED)
EOF
python/bin/python open.py
