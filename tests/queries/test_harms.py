"""Figures that compete, parts of a figure, harms that include others: each rule by an example worked out by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import sample
from tests.answers import body
from tests.conftest import NewDatabase, load_seed, serving
from tests.dam import BREAK, claim, dossier, incident
from tests.second_article import SECOND, pair

Json = dict[str, Any]
Figures = tuple[int | None, int | None, int | None]


@pytest.fixture
def served(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Any:
    @contextmanager
    def load(*incidents: Json) -> Iterator[TestClient]:
        url = new_database()
        load_seed(url, sample.write(dossier(*incidents), tmp_path_factory.mktemp("harms")))
        with serving(url) as client:
            yield client

    return load


def rows(client: TestClient, group_by: str = "outcome", query: str = "") -> dict[Any, Figures]:
    answer = body(client, f"/v1/casualties/summary?outcome=killed&group_by={group_by}&{query}")
    return {row["by"][group_by]["value"]: figures(row) for row in answer["data"]["rows"]}


def figures(row: Json) -> Figures:
    return row["low"], row["high"], row["best"]


def killed(client: TestClient, query: str = "") -> Figures:
    return rows(client, query=query)["killed"]


def total(client: TestClient, id_: str = BREAK) -> Json:
    return dict(body(client, f"/v1/incidents/{id_}")["data"]["totals"]["killed"])


ONE = {"low": "4", "high": "4"}

SPANS: list[tuple[str, list[Json], Figures, bool]] = [
    ("one exact claim is its own best figure", [ONE], (4, 4, 4), False),
    ("unless the editors say that there is none", [{**ONE, "best": None}], (4, 4, None), False),
    ("or the claim is contested", [{**ONE, "basis": "contested"}], (4, 4, None), True),
    ("a range has no best figure", [{"low": "3", "high": "5"}], (3, 5, None), False),
    ("but for the editors' own", [{"low": "3", "high": "5", "best": "4", "note": "Why."}], (3, 5, 4), False),
    ("no number at all is from nothing to open", [{}], (0, None, None), False),
    ("the span is from the lowest low to the highest high", [{"low": "3", "high": "5"}, ONE], (3, 5, None), True),
    ("two that agree are not in dispute", [ONE, ONE], (4, 4, None), False),
    ("one that is contested is, though they agree", [ONE, {**ONE, "basis": "contested"}], (4, 4, None), True),
    ("open where one is open", [ONE, {"low": "9"}], (4, None, None), True),
    ("a claim without any number widens nothing", [ONE, {}], (4, 4, None), False),
    ("a missing low beside numbers makes it missing", [ONE, {"high": "9"}], (0, 9, None), True),
    ("one gives the best figure", [ONE, {"low": "6", "high": "9", "best": "7", "note": "Why."}], (4, 9, 7), True),
]


@pytest.fixture(scope="module")
def spans(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An incident for each rule."""
    incidents = [
        incident(f"rule-{rule}", *(claim(f"toll-{rule}-{n}", harm="dead", **one) for n, one in enumerate(claims)))
        for rule, (_, claims, _, _) in enumerate(SPANS)
    ]
    url = new_database()
    load_seed(url, sample.write(dossier(*incidents), tmp_path_factory.mktemp("spans")))
    with serving(url) as client:
        yield client


@pytest.mark.parametrize("rule", range(len(SPANS)), ids=[one[0] for one in SPANS])
def test_a_harm_is_as_wide_as_its_claims(spans: TestClient, rule: int) -> None:
    _, _, expected, in_dispute = SPANS[rule]
    assert killed(spans, f"incident=rule-{rule}") == expected
    answer = total(spans, f"rule-{rule}")
    assert figures(answer) == expected
    assert answer["in_dispute"] == int(in_dispute)
    assert body(spans, f"/v1/incidents/rule-{rule}")["data"]["contested"] is in_dispute


@pytest.mark.heavy
def test_the_harm_keeps_what_the_sum_takes_for_nothing(served: Any) -> None:
    """A missing low stays missing in the harm; only sums take it for 0."""
    with served(incident(BREAK, claim("a", harm="dead", **ONE), claim("b", harm="dead", high="9"))) as client:
        (harm,) = body(client, f"/v1/incidents/{BREAK}")["data"]["harms"]
        assert figures(harm) == (None, 9, None)
        assert total(client)["low"] == 0


@pytest.mark.heavy
def test_harms_are_added_and_what_is_not_counted_is_in_none(served: Any) -> None:
    claims = (
        claim("a", harm="dead", **ONE),
        claim("b", harm="dead", low="6", high="6"),
        claim("c", group="police", low="1", high="1"),
        claim("d", low="50", high="50", counted="false", note="A rumour."),
    )
    with served(incident(BREAK, *claims)) as client:
        assert killed(client) == (5, 7, None)
        (row,) = body(client, "/v1/casualties/summary")["data"]["rows"]
        assert (row["harms"], row["in_dispute"], row["open"]) == (2, 1, 0)
        assert row["claims"] == {"counted": 3, "open": 0, "not_counted": 1, "left_out": 0}
        assert body(client, "/v1/casualties/d")["data"]["harm"] is None
        assert [harm["id"] for harm in body(client, f"/v1/incidents/{BREAK}")["data"]["harms"]] == ["dead", "c"]
        assert body(client, "/v1/casualties/c")["data"]["harm"]["id"] == "c"


@pytest.mark.heavy
def test_the_best_figure_goes_with_the_claim_that_gives_it(served: Any) -> None:
    giving = claim("b", harm="dead", low="6", high="9", best="7", note="Why.", basis="reported")
    with served(incident(BREAK, claim("a", harm="dead", **ONE), giving)) as client:
        assert killed(client) == (4, 9, 7)
        assert killed(client, "basis=reported") == (6, 9, 7)
        assert killed(client, "basis=stated") == (4, 4, None)


@pytest.mark.heavy
def test_a_harm_is_of_whom_its_claims_agree_that_it_is(served: Any) -> None:
    claims = (
        claim("a", harm="dead", group="police", organization="parish", **ONE),
        claim("b", harm="dead", group="civilian", organization="parish", **ONE),
    )
    with served(incident(BREAK, *claims)) as client:
        (harm,) = body(client, f"/v1/incidents/{BREAK}")["data"]["harms"]
        assert (harm["group"], harm["organization"]["id"], harm["mixed"]) == ("mixed", "parish", ["group"])
        assert rows(client, "group") == {"mixed": (4, 4, None)}
        assert rows(client, "organization") == {"parish": (4, 4, None)}


def split() -> Json:
    """41 dead, 3 of them police and up to 10 miners, or 68, 5 of them police."""
    return incident(
        BREAK,
        claim("first", harm="dead", low="41", high="41", basis="confirmed"),
        claim("first-police", part_of="first", group="police", low="3", high="3"),
        claim("first-miners", part_of="first", group="contractor", high="10"),
        claim("second", harm="dead", low="68", high="68", basis="claimed"),
        claim("second-police", part_of="second", group="police", low="5", high="5"),
    )


@pytest.mark.heavy
def test_sums_never_add_a_part_to_its_whole(served: Any) -> None:
    with served(split()) as client:
        assert killed(client) == (41, 68, None)
        assert figures(total(client)) == (41, 68, None)
        assert rows(client, "incident") == {BREAK: (41, 68, None)}


@pytest.mark.heavy
def test_parts_are_told_apart_by_group_and_the_rest_is_a_row_of_its_own(served: Any) -> None:
    with served(split()) as client:
        assert rows(client, "group") == {
            "police": (3, 5, None),
            "contractor": (0, 10, None),
            # 41 less 3 and up to 10, or 68 less 5.
            "not_split": (28, 63, None),
        }
        answer = body(client, "/v1/casualties/summary?group_by=group")
        assert "not_split" in answer["meta"]["method"]


@pytest.mark.heavy
def test_parts_count_where_a_filter_leaves_the_whole_out(served: Any) -> None:
    with served(split()) as client:
        assert killed(client, "group=police") == (3, 5, None)
        assert killed(client, "group=police&group=contractor") == (3, 13, None)
        assert killed(client, "basis=confirmed") == (41, 41, None)
        (row,) = body(client, "/v1/casualties/summary?group=police")["data"]["rows"]
        assert row["claims"] == {"counted": 2, "open": 0, "not_counted": 0, "left_out": 3}


@pytest.mark.heavy
def test_an_exact_part_of_an_exact_whole_leaves_an_exact_rest(served: Any) -> None:
    claims = claim("all", low="41", high="41"), claim("police", part_of="all", group="police", low="3", high="3")
    with served(incident(BREAK, *claims)) as client:
        assert rows(client, "group") == {"police": (3, 3, 3), "not_split": (38, 38, 38)}
        assert killed(client) == (41, 41, 41)


@pytest.mark.heavy
def test_the_rest_is_never_below_nothing(served: Any) -> None:
    claims = claim("all", low="5", high="8"), claim("police", part_of="all", group="police", low="2", high="9")
    with served(incident(BREAK, *claims)) as client:
        assert rows(client, "group") == {"police": (2, 9, None), "not_split": (0, 6, None)}


@pytest.mark.heavy
def test_parts_of_parts(served: Any) -> None:
    claims = (
        claim("all", low="20", high="20"),
        claim("police", part_of="all", group="police", low="8", high="8"),
        claim("river", part_of="police", group="police", organization="parish", low="3", high="3"),
    )
    with served(incident(BREAK, *claims)) as client:
        assert killed(client) == (20, 20, 20)
        assert killed(client, "organization=parish") == (3, 3, 3)
        assert rows(client, "organization") == {"parish": (3, 3, 3), "not_split": (17, 17, 17)}


OPERATION, RAID = "flood", BREAK


def overlapping(**inclusion: Any) -> tuple[Json, Json]:
    """An operation with its own toll, and a raid that was a part of it with another."""
    whole = claim("flood-dead", low="10", high="12", **inclusion)
    return incident(OPERATION, whole), incident(RAID, claim("dead", low="15", high="20"), parent=OPERATION)


@pytest.mark.heavy
def test_what_is_certainly_included_adds_nothing(served: Any) -> None:
    with served(*overlapping(includes=[f"{RAID}/dead"])) as client:
        assert killed(client) == (10, 12, None)
        assert rows(client, "incident") == {OPERATION: (10, 12, None), RAID: (15, 20, None)}
        assert killed(client, f"incident={RAID}") == (15, 20, None)
        assert total(client, OPERATION)["parts"] == {"low": 0, "high": 0, "best": 0}
        (harm,) = body(client, f"/v1/incidents/{RAID}")["data"]["harms"]
        assert harm["included_in"] == [f"{OPERATION}/flood-dead"]


@pytest.mark.heavy
def test_what_may_be_included_makes_the_sum_wider(served: Any) -> None:
    with served(*overlapping(may_include=[f"{RAID}/dead"])) as client:
        assert killed(client) == (15, 32, None)
        assert rows(client, "incident") == {OPERATION: (15, 32, None), RAID: (15, 20, None)}
        assert figures(total(client, OPERATION)) == (10, 12, None)
        assert total(client, OPERATION)["parts"] == {"low": 5, "high": 20, "best": None}


@pytest.mark.heavy
def test_the_greater_of_both_ways_to_count_is_certain(served: Any) -> None:
    """An operation's 30, or the 4 and 5 of its raids."""
    raids = [incident(f"raid-{n}", claim(f"dead-{n}", low=str(n), high=str(n)), parent=OPERATION) for n in (4, 5)]
    whole = claim("flood-dead", low="30", high="30", may_include=["raid-4/dead-4", "raid-5/dead-5"])
    with served(incident(OPERATION, whole), *raids) as client:
        assert killed(client) == (30, 39, None)
        assert killed(client, "killed_at_least=1&incident=raid-4&incident=raid-5") == (9, 9, 9)


@pytest.mark.heavy
def test_inclusion_goes_on_through_what_is_included(served: Any) -> None:
    """Perhaps in what is certainly in another is perhaps in that."""
    chain = (
        incident("month", claim("month-dead", low="9", high="9", includes=["week/week-dead"])),
        incident("week", claim("week-dead", low="7", high="7", may_include=["day/day-dead"])),
        incident("day", claim("day-dead", low="3", high="3", claimed_by="clinic")),
    )
    with served(*chain) as client:
        assert killed(client) == (9, 12, None)
        assert killed(client, "incident=month&incident=day") == (9, 12, None)
        assert killed(client, "incident=week&incident=day") == (7, 10, None)


@pytest.mark.heavy
def test_harms_that_may_both_include_a_third(served: Any) -> None:
    """Two tolls of 2 that may both include the same 5: certain are 5, not twice 5."""
    tolls = [claim(f"toll-{n}", harm=f"toll-{n}", low="2", high="2", may_include=["day/day-dead"]) for n in (1, 2)]
    with served(incident("month", *tolls), incident("day", claim("day-dead", low="5", high="5"))) as client:
        assert killed(client) == (5, 9, None)


@pytest.mark.heavy
def test_another_article_adds_a_claim_to_a_harm(database_url: str, tmp_path: Any) -> None:
    files = pair()
    third = files[f"articles/{SECOND}/incidents.yaml"][0]["casualties"][1]
    del third["note"]
    third |= {"counted": "true", "harm": "ferry", "low": "3", "high": "3", "group": "civilian", "outcome": "killed"}
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["casualties"][0]["harm"] = "ferry"
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        assert figures(body(client, "/v1/incidents/ferry-shooting")["data"]["totals"]["killed"]) == (2, 3, None)
        assert killed(client) == (2, 3, None)
        assert killed(client, f"article={sample.ARTICLE}") == (2, 2, None)
