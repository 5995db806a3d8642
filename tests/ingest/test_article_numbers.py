"""What the shipped article says, asked from outside: its numbers, its gaps, and its evidence."""

from collections import Counter
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.answers import body, ids


def summed(client: TestClient, query: str) -> tuple[int, int | None]:
    """Counted claims added up: no lower bound adds nothing, one open upper bound leaves the sum open."""
    claims = body(client, f"/v1/casualties?limit=500&counted=true&{query}")["data"]
    highs = [claim["high"] for claim in claims]
    return sum(claim["low"] or 0 for claim in claims), None if None in highs else sum(highs)


@pytest.mark.parametrize(
    ("resource", "number"),
    [("articles", 1), ("incidents", 42), ("casualties", 24), ("places", 41), ("organizations", 28), ("quotes", 14)],
)
def test_how_many_records(client: TestClient, resource: str, number: int) -> None:
    assert body(client, f"/v1/{resource}?limit=1")["meta"]["matched"] == number


@pytest.mark.parametrize(
    ("query", "low", "high"),
    [
        ("outcome=killed", 14, 26),
        ("outcome=wounded", 13, None),
        ("outcome=detained", 3, 3),
        ("outcome=abducted", 1, 1),
        ("outcome=killed&incident=kubaiba-raid", 2, 14),
        ("outcome=wounded&incident=kubaiba-raid", 7, 7),
        ("outcome=killed&kind=joint_raid", 6, 18),
        ("outcome=killed&group=civilian", 2, 2),
    ],
)
def test_harm(client: TestClient, query: str, low: int, high: int | None) -> None:
    assert summed(client, query) == (low, high)


def test_harm_is_the_same_by_incident(client: TestClient) -> None:
    """Every claim is counted in one incident, so the sums of the incidents are those of the claims."""
    incidents = body(client, "/v1/incidents?limit=500")["data"]
    for outcome, sums in {"killed": (14, 26), "wounded": (13, None), "detained": (3, 3), "abducted": (1, 1)}.items():
        told = [incident["totals"][outcome] for incident in incidents if incident["totals"][outcome]]
        totals = [total for total in told if total["low"] is not None]
        highs = [total["high"] for total in totals]
        assert (sum(total["low"] for total in totals), None if None in highs else sum(highs)) == sums


def test_which_counts_are_open(client: TestClient) -> None:
    claims = body(client, "/v1/casualties?counted=true&outcome=killed&outcome=wounded&limit=500")["data"]
    assert [claim["id"] for claim in claims if claim["high"] is None] == ["kanoos-civilian-wounded"]
    up_to = [(claim["id"], claim["high"]) for claim in claims if claim["low"] is None]
    assert up_to == [("kubaiba-fighters-killed", 12)]
    not_counted = body(client, "/v1/casualties?counted=false&limit=500")["data"]
    assert all(claim["note"] for claim in not_counted)
    assert "kanoos-map-tally" in [claim["id"] for claim in not_counted]


def test_who_was_hurt_at_kanoos_who_says_so_and_where_it_stands(client: TestClient) -> None:
    """One URL answers all three."""
    claims = body(client, "/v1/casualties?place=kanoos-island")["data"]
    said = {claim["id"]: (claim["outcome"], claim["low"], claim["high"], _names(claim)) for claim in claims}
    assert said == {
        "kanoos-contractor-killed": ("killed", 1, 1, None),
        "kanoos-sergeant-killed": ("killed", 1, 1, None),
        "kanoos-swat-wounded": ("wounded", 2, 2, ("us-led-coalition", "coalition-spokesperson-p24")),
        "kanoos-us-wounded": ("wounded", 1, 1, ("us-led-coalition", "coalition-spokesperson-p24")),
        "kanoos-civilian-wounded": ("wounded", 1, None, None),
        "kanoos-map-tally": ("casualties", 7, 7, None),
    }
    page = body(client, "/v1/articles")["data"][0]["link"]
    for claim in claims:
        assert claim["evidence"]
        assert all(span["url"].startswith(f"{page}#:~:text=") for span in claim["evidence"])


def _names(claim: Any) -> tuple[str, str] | None:
    return (claim["claimed_by"]["id"], claim["via"]["id"]) if claim["claimed_by"] else None


def test_kanoos_does_not_answer_to_nineveh(client: TestClient) -> None:
    """The province is only where the SWAT unit comes from."""
    inside = ids(client, "/v1/incidents?place=nineveh-province&limit=500")
    assert inside == ["joint-raids-2019"]
    assert ids(client, "/v1/incidents?place=nineveh-province&place_role=home_area") == ["kanoos-island-raid"]
    assert "kanoos-island" not in ids(client, "/v1/places?within=nineveh-province")
    assert "kanoos-island-raid" in ids(client, "/v1/incidents?place=iraq&limit=500")


def test_two_spellings_one_place(client: TestClient) -> None:
    for spelling in ("Dub al-Kabir", "Dub-Al Kabir", "dub-al kabir", "DÚB AL"):
        assert ids(client, f"/v1/places?q={spelling}&kind=village") == ["dub-al-kabir"]
    for spelling in ("Soleimani", "Suleimani"):
        assert ids(client, f"/v1/people?q={spelling}&named=true") == ["qassem-suleimani"]
    assert {"kanoos-village", "kanoos-island"} <= set(ids(client, "/v1/places?q=qanus"))


def test_villages_without_a_province_stay_without(client: TestClient) -> None:
    in_a_province = ids(client, "/v1/places?limit=500&within=kirkuk-province&within=nineveh-province")
    assert not {"kubaiba", "kanoos-village", "dub-al-kabir"} & set(in_a_province)


def test_places_without_a_point(client: TestClient) -> None:
    answer = body(client, "/v1/places?has_location=false&limit=500")
    assert answer["meta"]["matched"] == 23
    assert all(place["coordinate"] is None for place in answer["data"])
    assert body(client, "/v1/places?bbox=-180,-90,180,90")["meta"] | {"release": 0} == {
        "release": 0,
        "matched": 18,
        "returned": 18,
        "not_judged": {"location": 23, "date": None, "casualties": None},
        "did_you_mean": None,
    }


def test_a_country_never_locates(client: TestClient) -> None:
    countries = set(ids(client, "/v1/places?kind=country"))
    located = body(client, "/v1/incidents?has_location=true&limit=500")["data"]
    assert located
    assert not {incident["location"]["id"] for incident in located} & countries


def test_people(client: TestClient) -> None:
    named = body(client, "/v1/people?named=true&limit=500")
    unnamed = body(client, "/v1/people?named=false&limit=500")
    assert named["meta"]["matched"] == 15
    assert body(client, "/v1/people")["meta"]["matched"] == 15 + unnamed["meta"]["matched"]
    assert all(person["name"] == person["label"] and person["anonymity"] is None for person in named["data"])
    assert all(person["name"] is None and person["label"] and person["anonymity"] for person in unnamed["data"])


def test_unidentified_actors(client: TestClient) -> None:
    incidents = body(client, "/v1/incidents?limit=500")["data"]
    with_one = {
        incident["id"]
        for incident in incidents
        for actor in incident["actors"]
        if (actor["type"], actor["id"]) == ("unidentified", None)
    }
    assert with_one == {"kanoos-aerial-shelling", "march-2020-escalation", "pmf-depot-blasts"}


def test_quotes(client: TestClient) -> None:
    quotes = {quote["id"]: quote for quote in body(client, "/v1/quotes?limit=500")["data"]}
    assert Counter(quote["kind"] for quote in quotes.values()) == {"direct": 11, "partial": 2, "embedded": 1}
    assert sum(len(quote["spans"]) for quote in quotes.values() if quote["kind"] != "embedded") == 16
    assert ids(client, "/v1/quotes?speaker=hassan-al-soofy") == ["al-soofy-raids-and-isis"]
    al_soofy = quotes["al-soofy-raids-and-isis"]
    assert len(al_soofy["spans"]) == 2
    assert [copy["paragraph"] for copy in al_soofy["pull_quotes"]] == [19]
    assert (
        "ISIS activities went up. The situation became suitable for them [Islamic State fighters]" in al_soofy["text"]
    )


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        (
            "muhsen-terrified-at-night",
            "We are terrified at night. I swear, the situation isn’t good. ISIS is present in the village.",
        ),
        # Partial: the comma of the attribution goes, and nothing takes its place.
        ("al-kinani-only-iraqi-troops", "on the battlefield, it’s only Iraqi troops"),
        ("officers-brothers-in-arms", "brothers in arms."),
        ("mutashar-raid-broke-their-back", "When the raid happened, it broke their back."),
    ],
)
def test_quote_texts(client: TestClient, quote: str, text: str) -> None:
    assert body(client, f"/v1/quotes/{quote}")["data"]["text"] == text


def test_a_quote_inside_a_quote(client: TestClient) -> None:
    outer = body(client, "/v1/quotes/iraqi-officer-recalls-badr-commander?include=quotes")
    inner = outer["included"]["quotes"][0]
    assert outer["data"]["contains"] == [inner["id"]] == ["badr-commander-our-sector"]
    assert (inner["contained_in"], inner["kind"]) == ("iraqi-officer-recalls-badr-commander", "embedded")
    assert inner["relayed_by"]["id"] == outer["data"]["speaker"]["id"] == "iraqi-officer-p33"
    # The comma before both closing marks becomes a full stop; the inner marks stay in the outer quote only.
    assert outer["data"]["text"].startswith("He told me, ‘This is our sector")
    assert outer["data"]["text"].endswith("from the prime minister himself.’")
    assert outer["data"]["text"] == f"He told me, ‘{inner['text']}’"


def test_dates_in_april_2019(client: TestClient) -> None:
    """A day overlaps with what is dated only by its month; within it lies nothing that may have been on another day."""
    month_only = {"dub-operation", "dub-checkpoint-strike", "dub-house-detention"}
    overlapping = set(ids(client, "/v1/incidents?datetime=2019-04-19&date_match=overlaps&limit=500"))
    assert month_only | {"kubaiba-raid"} <= overlapping
    within = ids(client, "/v1/incidents?datetime=2019-04-19&date_match=within")
    assert within == [], "even Kubaiba ran overnight, so that it may have been on the 18th or the 20th"
    assert ids(client, "/v1/incidents?datetime=2019-04-18/2019-04-20&date_match=within") == ["kubaiba-raid"]
    in_april = set(ids(client, "/v1/incidents?datetime=2019-04&date_match=within"))
    assert in_april == month_only | {"kubaiba-raid"}


def test_everything_rests_on_the_article(client: TestClient) -> None:
    article = body(client, "/v1/articles/foltyn-us-iran-isis-2020")["data"]
    lengths = {paragraph["number"]: paragraph["length"] for paragraph in article["paragraphs"]}
    for resource in ("incidents", "casualties", "places", "people", "organizations", "quotes", "statements"):
        for document in body(client, f"/v1/{resource}?limit=500&article={article['id']}")["data"]:
            assert document["evidence"], document["id"]
            for span in document["evidence"]:
                assert 0 <= span["start"] < span["end"] <= lengths[span["paragraph"]]
        every = body(client, f"/v1/{resource}?limit=1")["meta"]["matched"]
        assert body(client, f"/v1/{resource}?limit=1&article={article['id']}")["meta"]["matched"] == every
