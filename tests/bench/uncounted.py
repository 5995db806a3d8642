"""`python -m tests.bench.uncounted WHAT serve …`: the service as `dateline serve` runs it, whose lists leave something
out: all that they count (`counts`), or the box and the days around what matches (`extent`)."""

import sys
from typing import Any

from app import cli
from app.api.answers import lists


def main() -> None:
    """Serve lists that leave something out."""
    vars(lists).update(_WITHOUT[sys.argv.pop(1)])
    cli.main()


_WITHOUT: dict[str, dict[str, Any]] = {
    "counts": {"_is_counted": lambda *asked: False},
    "extent": {"extent": lambda *found: {}},
}


if __name__ == "__main__":
    main()
