"""Every operation against its own documentation, under random input."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.records import RECORD_TYPES
from app.settings import ROOT
from tests.api.shared_parameters import EVERYTHING, SAME_AS_OTHERS
from tests.conftest import Figure
from tests.live import ENDLESS, serving

NOT_CHECKED = (
    # Done by `valid_data_acceptance` of tests/api/contract.py, because of what no schema can say.
    "positive_data_acceptance",
    # Done by `body_conformance` of tests/api/contract.py, because of `fields`.
    "response_schema_conformance",
)

REFUSALS = ("400", "401", "403", "404", "405", "406", "409", "414", "415", "422", "428", "429", "431", "5xx")
"""How invalid input may be refused: as schemathesis has it, and where it is also too long."""

QUERY_SECONDS = "60"
"""Many facets of many filters: a busy machine answers later, and not with 503."""

PHASES = ("examples", "coverage", "fuzzing", "stateful")


@pytest.mark.parametrize(
    "examples", [pytest.param(20, marks=pytest.mark.heavy), pytest.param(200, marks=pytest.mark.long)]
)
def test_every_operation_keeps_its_contract(
    article_url: str, tmp_path: Path, figure: Figure, fuzz_seed: int, examples: int
) -> None:
    """schemathesis asks as documented, at and beyond every bound, and follows links; no answer is undocumented.

    `examples` are random requests per operation, beside those that it works out from the schemas.
    """
    with serving(article_url, DATELINE_QUERY_SECONDS=QUERY_SECONDS) as base:
        assert_contract_kept(base, tmp_path, figure, examples, fuzz_seed, everything=examples > 100)


def assert_contract_kept(
    base: str,
    folder: Path,
    figure: Figure,
    examples: int,
    fuzz_seed: int,
    phases: tuple[str, ...] = PHASES,
    *,
    everything: bool = False,
) -> None:
    """Fails where a server's answers are not as it documents them."""
    program = Path(sys.executable).with_name("schemathesis")
    if not program.exists():
        pytest.skip("no schemathesis: install the extra 'clients'")
    # Made now, because schemathesis waits ten seconds for it.
    urlopen(f"{base}/openapi.json", timeout=60).close()
    command: list[str | Path] = [program, "run", f"{base}/openapi.json", "--checks=all", "--continue-on-failure"]
    command += [f"--exclude-path={ENDLESS}"]
    command += [f"--exclude-checks={','.join(NOT_CHECKED)}", f"--max-examples={examples}", f"--seed={fuzz_seed}"]
    # Facets take the filters of all lists: on a busy machine their values are made too slowly for its taste.
    command += ["--suppress-health-check=too_slow"]
    # The first request for a dataset makes the file.
    command += [f"--request-timeout={QUERY_SECONDS}"]
    command += [] if everything else [f"--exclude-path-regex={SAME_AS_OTHERS}"]
    command += [f"--phases={','.join(phases)}", "--warnings=off", "--report=json", "--report-json-path=report.json"]
    (folder / "schemathesis.toml").write_text(
        f"[checks.negative_data_rejection]\nexpected-statuses = {json.dumps(REFUSALS)}\n"
    )
    hooks = {"SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("contract.py")), "PYTHONPATH": str(ROOT)}
    environment = os.environ | hooks | ({EVERYTHING: "1"} if everything else {})
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    report = json.loads((folder / "report.json").read_text()) if done.returncode in (0, 1) else {}
    assert done.returncode == 0, f"DATELINE_FUZZ_SEED={fuzz_seed}\n{done.stdout}\n{done.stderr}"
    assert not report["errors"], f"DATELINE_FUZZ_SEED={fuzz_seed}\n{done.stdout}\n{done.stderr}"
    assert report["complete"]
    assert report["operations"]["tested"] == report["operations"]["selected"] > 50
    same_as_others = 0 if everything else 5 * (len(RECORD_TYPES) - 1)  # four formats of lists, one of records
    assert report["operations"]["total"] - report["operations"]["tested"] == same_as_others + len([ENDLESS])
    done_phases = {name: phase["status"] for name, phase in report["phases"].items() if phase["status"] != "skip"}
    assert done_phases == dict.fromkeys(phases, "success")
    tested, cases = report["operations"]["tested"], report["test_cases"]["generated"]
    figure(f"{tested} operations, {cases} requests, no mismatch (seed {fuzz_seed}, {examples} examples)")
