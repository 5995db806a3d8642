"""The soak of tests/bench runs: everybody is answered as they should be, releases come in between, all is let go.

Whether memory is flat shows only in half an hour, so that is no part of the verdict here.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.servers import ROOT
from tests.bench.visitors import visits


@pytest.mark.heavy
def test_a_short_soak_tells_what_the_server_holds(tmp_path: Path) -> None:
    results = tmp_path / "SOAK.md"
    command = [sys.executable, "-m", "tests.bench.soak", "--minutes", "0.5", "--incidents", "300"]
    ran = subprocess.run([*command, "--results", str(results)], cwd=ROOT, capture_output=True, text=True)
    told = results.read_text("utf-8") if results.exists() else ""
    assert told, ran.stdout + ran.stderr
    rows = [line.strip("| ").split(" | ") for line in told.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) > 10
    answers, releases = ([int(row[column].replace(",", "")) for row in rows] for column in (1, 2))
    assert answers == sorted(answers)
    assert answers[-1] > len(visits()[0])
    assert releases[-1] > releases[0] == 1
    assert all(name in told for name in visits()[0])
    assert all(int(handles) > 0 for handles in re.findall(r"at the end: (\d+), (\d+), (\d+)", told)[0])
