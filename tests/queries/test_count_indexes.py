"""Records that an index of two columns finds in arrays, as a kind and a month: the same as those that SQL finds."""

from collections.abc import Iterator
from random import Random

import pytest

from tests import sample
from tests.answers import body
from tests.conftest import NewDatabase, load_seed, state
from tests.queries.test_arrays import Services, arrays_of_few, both_ways

KINDS = ("killing", "detention", "battle")
RECORDS = 400


@pytest.fixture(scope="module")
def services(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Both ways over records of few kinds, whose dates are days, months, years, open intervals and unknown."""
    files, random = sample.small(), Random(11)
    original = sample.record(files, sample.INCIDENTS, "mill-search")
    for number in range(RECORDS):
        copy = {**original, "id": f"copy-{number}", "kind": random.choice(KINDS), "casualties": []}
        del copy["date"]
        year, month = random.randint(1995, 2004), random.randint(1, 12)
        edtf = random.choice([f"{year}-{month:02}-11", f"{year}-{month:02}", f"{year}", f"{year}/{year + 2}", ""])
        if edtf:
            copy["date"] = {"edtf": edtf}
        files[sample.INCIDENTS].append({key: value for key, value in copy.items() if value != []})
    url = new_database()
    load_seed(url, sample.write(files, tmp_path_factory.mktemp("indexes")))
    with arrays_of_few(), both_ways(url) as actual:
        yield actual


@pytest.mark.parametrize("match", ["overlaps", "within"])
def test_kinds_and_days(services: Services, match: str) -> None:
    matched, not_judged = [], []
    for kinds in (KINDS[:1], KINDS[1:], ("protest",)):
        for interval in ("1999-07", "2001", "1998-01/1999-03", "../1996-02", "2004-06/.."):
            chosen = "&".join(f"kind={kind}" for kind in kinds)
            path = f"/v1/incidents?{chosen}&datetime={interval}&date_match={match}&count=exact&fields=id"
            in_arrays, in_sql = (body(one, path) for one in services)
            assert in_arrays == in_sql, path
            matched.append(in_arrays["meta"]["matched"])
            not_judged.append(in_arrays["meta"]["not_judged"]["date"])
    assert len(set(matched)) > 5
    assert set(not_judged) > {0}
    archives = state(services[0]).reader.database.archives
    assert any("kind.earliest.latest" in name for name in archives._files[1].groups)
