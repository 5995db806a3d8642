#!/usr/bin/env bash
# SQLAlchemy's `between()` on a column with a collation is a syntax error on PostgreSQL, by every driver but psycopg2.
#
# Who wants ISO dates or ids in byte order on PostgreSQL as on SQLite gives the column a type with a collation:
# `String(collation="C")`. Comparisons with such columns work, and so does `between()` by psycopg2, the older driver.
#
# Expected: `column.between(a, b)` does what `and_(column >= a, column <= b)` does, by any driver.
# What happens: dialects that write a cast beside each value (psycopg, asyncpg, pg8000) write the collation behind it,
# and PostgreSQL's grammar takes no COLLATE without parentheses for the lower limit of BETWEEN (it is a `b_expr`, whose
# productions in `src/backend/parser/gram.y` have none). The first list that is filtered so fails when it is run on
# PostgreSQL; tests on SQLite, with psycopg2 or of the compiled text alone do not show it. Two comparisons are parsed.
#
# No server is needed: `pglast` is PostgreSQL's own parser. Needs python3 with venv. It printed:
#
#   sqlalchemy 2.0.51, pglast 8.8
#   psycopg2: between parsed, two comparisons parsed
#   psycopg: between syntax error at or near "COLLATE", two comparisons parsed
#   asyncpg: between syntax error at or near "COLLATE", two comparisons parsed
#   pg8000: between syntax error at or near "COLLATE", two comparisons parsed
#   sqlalchemy 2.1.9, pglast 8.8
#   psycopg2: between parsed, two comparisons parsed
#   psycopg: between syntax error at or near "COLLATE", two comparisons parsed
#   asyncpg: between syntax error at or near "COLLATE", two comparisons parsed
#   pg8000: between syntax error at or near "COLLATE", two comparisons parsed
#
# Exits with 1 when any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed -n 's/^#   //p' "$0" > "$folder/expected.txt"
cd "$folder"

cat > limits.py <<'EOF'
import re
from importlib.metadata import version

from pglast import parse_sql, parser
from sqlalchemy import Column, MetaData, String, Table, and_, select
from sqlalchemy.dialects.postgresql import asyncpg, pg8000, psycopg, psycopg2

REPORTS = Table("reports", MetaData(), Column("published", String(collation="C")))
DAY = REPORTS.c.published
FIRST, LAST = "2021-01-01", "2021-12-31"


def parsed(condition, driver):
    """What PostgreSQL's parser says of a query, with its placeholders written as the server gets them."""
    query = str(select(REPORTS).where(condition).compile(dialect=driver.dialect()))
    try:
        parse_sql(re.sub(r"%\(\w+\)s|%s|\$\d+", "$1", query))
    except parser.ParseError as error:
        return error.args[0]
    return "parsed"


print(f"sqlalchemy {version('sqlalchemy')}, pglast {version('pglast')}")
for driver in (psycopg2, psycopg, asyncpg, pg8000):
    between = parsed(DAY.between(FIRST, LAST), driver)
    two = parsed(and_(DAY >= FIRST, DAY <= LAST), driver)
    print(f"{driver.__name__.rpartition('.')[2]}: between {between}, two comparisons {two}")
EOF

for version in 2.0.51 2.1.9; do
    python3 -m venv "$version"
    "$version/bin/pip" install -q "sqlalchemy==$version" "pglast==8.8"
    "$version/bin/python" limits.py
done | tee printed.txt
diff expected.txt printed.txt
