#!/usr/bin/env bash
# One date, several spans: the libraries for EDTF (ISO 8601-2) of npm and PyPI take the same valid string for other days.
#
# Expected: first and last day of a string are the same everywhere, as its standard has them: 1950S2 has two significant
# digits, so it is 1900 to 1999; [2018..2019] is one of two years; an unknown end (2019/) is no day; a season lies in the
# months that are called so (25 is a northern spring, 29 a southern one), and a winter goes over the turn of the year.
# What happens: for npm's `edtf` spring is January to March and autumn July to September, so that an event of October in
# "autumn 2019" lies outside; the last day of [2018..2019] is in 2018. For PyPI's `edtf` a winter is one December, and
# 2019/ ends after ten years. Both read 1950S2 as the year 1950. Nothing raises or warns.
# So bounds have to be kept beside the string, or be computed by one's own code on both sides.
#
# Needs node with npm and python3 with venv. It printed:
#
#   npm edtf 4.11.1 | PyPI edtf 5.0.2
#   2019-21        2019-01-01 2019-03-31 | 2019-03-01 2019-05-31
#   2019-23        2019-07-01 2019-09-30 | 2019-09-01 2019-11-30
#   2019-24        2019-10-01 2019-12-31 | 2019-12-01 2019-12-31
#   2019-25        2019-01-01 2019-03-31 | 2019-03-01 2019-05-31
#   2019-29        2019-10-01 2019-12-31 | 2019-09-01 2019-11-30
#   1950S2         1950-01-01 1950-12-31 | 1950-01-01 1950-12-31
#   [2018..2019]   2018-01-01 2018-12-31 | 2018-01-01 2019-12-31
#   [2018,2019]    2018-01-01 2019-12-31 | 2018-01-01 2019-12-31
#   2019/          2019-01-01 null       | 2019-01-01 2029-01-01
#
# Exits with 1 when any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed -n '/^# It printed\|^# .*It printed:$/,/^# Exits/p' "$0" | sed -n 's/^#   //p' > "$folder/expected.txt"
cd "$folder"

npm init --yes > /dev/null
npm install --silent --no-audit --no-fund "edtf@4.11.1" > /dev/null
python3 -m venv python
python/bin/pip install -q "edtf==5.0.2"

cat > strings.txt <<'EOF'
2019-21
2019-23
2019-24
2019-25
2019-29
1950S2
[2018..2019]
[2018,2019]
2019/
EOF
cat > npm.mjs <<'EOF'
import { readFileSync } from "node:fs";
import edtf from "edtf";
const day = (moment) => (Number.isFinite(moment) ? new Date(moment).toISOString().slice(0, 10) : String(moment).padEnd(10));
for (const string of readFileSync("strings.txt", "utf8").trim().split("\n")) {
  const date = edtf(string);
  console.log(`${string.padEnd(14)} ${day(date.min)} ${day(date.max)} | `);
}
EOF
cat > pypi.py <<'EOF'
from edtf import parse_edtf

for string in open("strings.txt").read().split():
    date = parse_edtf(string)
    print(*("%d-%02d-%02d" % moment[:3] for moment in (date.lower_strict(), date.upper_strict())))
EOF
node npm.mjs > npm.txt
python/bin/python pypi.py > pypi.txt
{
  npm=$(node -p 'require("./node_modules/edtf/package.json").version')
  pypi=$(python/bin/python -c 'from importlib.metadata import version; print(version("edtf"))')
  echo "npm edtf $npm | PyPI edtf $pypi"
  paste -d '' npm.txt pypi.txt
} | tee found.txt
diff expected.txt found.txt > /dev/null
