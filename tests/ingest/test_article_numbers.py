"""What the shipped article says, asked from outside: its numbers, its gaps, and its evidence."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.settings import SEED
from tests.answers import body, ids
from tests.conftest import NewDatabase, load_seed, serving


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
        ("outcome=displaced", 1, None),
        ("outcome=removed", 0, None),
        ("outcome=killed&incident=kubaiba-raid", 2, 14),
        ("outcome=wounded&incident=kubaiba-raid", 7, 7),
        ("outcome=killed&kind=joint_raid", 6, 18),
        ("outcome=killed&group=civilian", 2, 2),
    ],
)
def test_sums_of_the_article_are_its_own(client: TestClient, query: str, low: int, high: int | None) -> None:
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


def test_harm_without_a_number_is_counted_and_open(client: TestClient) -> None:
    """The shepherd left his village, and all who lived in Kubaiba theirs; fighters were killed or captured one by one.
    That nobody says how many is no reason to say that it was nobody."""
    rows = {
        row["by"]["outcome"]["value"]: (row["low"], row["high"], row["best"], row["harms"], row["open"])
        for row in body(client, "/v1/casualties/summary")["data"]["totals"]
    }
    assert rows["displaced"] == (1, None, None, 2, 1)
    assert rows["removed"] == (0, None, None, 1, 1)
    assert ids(client, "/v1/casualties?counted=false&limit=500") == [
        "kanoos-map-tally",
        "riyadh-2018-civilians-abducted",
    ], "a figure of which it is not sure what it counts, and a purpose of which nobody says that it was reached"


def test_what_the_figure_on_the_map_would_add(client: TestClient, new_database: NewDatabase, tmp_path: Path) -> None:
    """Seven of whom nobody says who died: they would be an outcome of their own, beside the two killed and the three
    wounded of the raid, and move no other sum."""
    seed = shutil.copytree(SEED, tmp_path / "seed", ignore=shutil.ignore_patterns("codebook.yaml"))
    (file,) = seed.glob("articles/*/incidents.yaml")
    before, tally, after = file.read_text("utf-8").partition("    - id: kanoos-map-tally\n")
    assert tally
    file.write_text(before + tally + after.replace("      counted: false\n", "", 1), "utf-8")
    load_seed(url := new_database(), seed)
    with serving(url) as counting:
        told, would_tell = (_by_outcome(one) for one in (client, counting))
        raid = _by_outcome(counting, "?incident=kanoos-island-raid&granularity=event&kind=joint_raid")
    assert raid == {"killed": (2, 2), "wounded": (3, 3), "casualties": (7, 7)}
    assert told["casualties"] == (None, None)
    assert would_tell == told | {"casualties": (7, 7)}
    assert (told["killed"], told["wounded"]) == ((14, 26), (13, None))


def _by_outcome(client: TestClient, query: str = "") -> dict[str, tuple[int | None, int | None]]:
    totals = body(client, f"/v1/casualties/summary{query}")["data"]["totals"]
    return {row["by"]["outcome"]["value"]: (row["low"], row["high"]) for row in totals}


def test_only_what_is_called_confirmed_is_confirmed(client: TestClient) -> None:
    """By e-mail the coalition confirmed the wounded near Kubaiba. Of those on the island a spokesperson tells."""
    confirmed = ["kubaiba-translator-wounded", "kubaiba-us-wounded"]
    assert sorted(ids(client, "/v1/casualties?basis=confirmed")) == confirmed
    told = ["kanoos-swat-wounded", "kanoos-us-wounded"]
    assert sorted(ids(client, "/v1/casualties?basis=claimed&claimed_by=us-led-coalition")) == told


def test_through_whom_the_losses_at_kubaiba_are_known(client: TestClient) -> None:
    """Reports reached a soldier at the checkpoint. The ceiling for the fighters has no source."""
    claims = {claim["id"]: claim for claim in body(client, "/v1/casualties?incident=kubaiba-raid")["data"]}
    for id_ in ("kubaiba-cts-killed", "kubaiba-cts-wounded"):
        assert (claims[id_]["claimed_by"], claims[id_]["via"]["id"]) == (None, "muhannad-saleh")
        assert claims[id_]["basis"] == "reported"
    fighters = claims["kubaiba-fighters-killed"]
    assert (fighters["low"], fighters["high"], fighters["claimed_by"], fighters["via"]) == (None, 12, None, None)
    assert fighters["harm"]["id"] == "kubaiba-fighters-killed", "no other claim counts them"


def test_whose_vehicles_were_in_the_convoy_to_kubaiba(client: TestClient) -> None:
    raid = body(client, "/v1/incidents/kubaiba-raid")["data"]
    notes = {actor["id"]: actor["note"] for actor in raid["actors"]}
    assert "nine" in notes["cts"]
    assert "Humvees" in notes["cts"]
    assert "six" in notes["us-special-forces"]
    assert "M-ATVs" in notes["us-special-forces"]
    cited = [(span["paragraph"], span["start"], span["end"]) for span in raid["evidence"] if span["field"] == "count"]
    assert cited == [(18, 243, 266), (18, 318, 354)]


def test_the_raiders_of_december_2018_have_no_losses_on_record(client: TestClient) -> None:
    raid = body(client, "/v1/incidents/nasr-helicopter-raid")["data"]
    assert "Losses of the raiders are not given" in raid["note"]
    assert [(claim["organization"]["id"], claim["low"], claim["high"]) for claim in raid["casualties"]] == [
        ("islamic-state", 2, 2)
    ]


@pytest.mark.parametrize(
    ("record", "field", "hedge"),
    [
        ("statements/american-vehicle-reportedly-fired", "gist", "reportedly"),
        ("incidents/kanoos-grenade-fire", "summary", "reportedly"),
        ("statements/forecast-permanent-troop-reduction", "gist", "will likely"),
        ("incidents/us-iran-hostilities-2020", "summary", "will likely"),
        ("statements/joint-operations-mostly-ceased", "gist", "largely"),
        ("incidents/k1-withdrawal", "summary", "largely"),
        ("statements/interviewees-americans-directly-involved", "gist", "suggest"),
        ("statements/several-joint-raids-a-month", "gist", "suggest"),
        ("incidents/joint-raids-2019", "summary", "suggest"),
        ("statements/experts-isis-below-2014-strength", "gist", "not yet"),
        ("statements/isis-capability-against-2014", "gist", "not yet"),
        ("statements/isis-return-tied-to-escalation", "gist", "seems"),
        ("statements/kanoos-map-seven-casualties", "gist", "seems"),
        ("statements/civilian-casualties-seem-exceptional", "gist", "seem"),
        ("statements/civilian-harm-pattern", "gist", "appeared"),
        ("statements/villagers-suspected-americans", "gist", "suspect"),
        ("statements/coalition-officials-pause-as-opportunity", "gist", "may be"),
        ("incidents/kubaiba-raid", "summary", "Up to twelve"),
        ("incidents/kanoos-aerial-shelling", "summary", "At least one"),
        ("incidents/joint-raid-campaign-2018-19", "summary", "gradually"),
        ("incidents/us-iran-hostilities-2020", "outcome", "slightly"),
        ("incidents/isis-claimed-operations-2020", "summary", "claims"),
        ("incidents/dub-house-detention", "summary", "By Khalaf's account"),
        ("incidents/badr-convoy-block", "summary", "recalls"),
    ],
)
def test_hedges_are_kept_in_our_own_words(client: TestClient, record: str, field: str, hedge: str) -> None:
    assert hedge in body(client, f"/v1/{record}")["data"][field]


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
    located = body(client, "/v1/places?bbox=-180,-90,180,90")["meta"]
    assert located.pop("extent")["bbox"] == body(client, "/v1/places.geojson")["bbox"]
    assert located | {"release": 0} == {
        "release": 0,
        "matched": 18,
        "returned": 18,
        "next_cursor": None,
        "prev_cursor": None,
        "not_judged": {"location": 23, "date": None, "casualties": None, "exclusion": None},
        "did_you_mean": None,
    }


def test_a_country_never_locates(client: TestClient) -> None:
    countries = set(ids(client, "/v1/places?kind=country"))
    located = body(client, "/v1/incidents?has_location=true&limit=500")["data"]
    assert located
    assert not {incident["location"]["id"] for incident in located} & countries


def test_named_and_unnamed_people_are_those_of_the_article(client: TestClient) -> None:
    named = body(client, "/v1/people?named=true&limit=500")
    unnamed = body(client, "/v1/people?named=false&limit=500")
    assert named["meta"]["matched"] == 15
    assert body(client, "/v1/people")["meta"]["matched"] == 15 + unnamed["meta"]["matched"]
    assert all(person["name"] == person["label"] and person["anonymity"] is None for person in named["data"])
    assert all(person["name"] is None and person["label"] and person["anonymity"] for person in unnamed["data"])


def test_unidentified_actors_are_those_of_the_article(client: TestClient) -> None:
    incidents = body(client, "/v1/incidents?limit=500")["data"]
    with_one = {
        incident["id"]
        for incident in incidents
        for actor in incident["actors"]
        if (actor["type"], actor["id"]) == ("unidentified", None)
    }
    assert with_one == {"kanoos-aerial-shelling", "march-2020-escalation", "pmf-depot-blasts"}


def test_quotes_are_those_of_the_article(client: TestClient) -> None:
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
def test_quotes_have_the_words_of_the_article(client: TestClient, quote: str, text: str) -> None:
    assert body(client, f"/v1/quotes/{quote}")["data"]["text"] == text


def test_a_quote_inside_a_quote(client: TestClient) -> None:
    outer = body(client, "/v1/quotes/iraqi-officer-recalls-badr-commander?include=quotes")
    inner = outer["included"]["quotes"][0]
    assert [one["id"] for one in outer["data"]["contains"]] == [inner["id"]] == ["badr-commander-our-sector"]
    assert (inner["contained_in"]["id"], inner["kind"]) == ("iraqi-officer-recalls-badr-commander", "embedded")
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


def test_times_of_day_are_as_the_article_gives_them(client: TestClient) -> None:
    """In its words; a minute only where it has one."""
    timed = {one["id"]: one["time"] for one in body(client, "/v1/incidents?limit=500")["data"] if one["time"]}
    assert {id_: time["as_stated"] for id_, time in timed.items()} == {
        "khatuniya-boy-abduction": "late afternoon",
        "khatuniya-killings": "The next morning",
        "kubaiba-raid": "that evening",
        "kanoos-aerial-shelling": "until evening hours",
        "dub-operation": "that night",
        "dub-checkpoint-strike": "that night",
        "dub-house-detention": "the same night",
        "nasr-helicopter-raid": "One night",
        "joint-raids-2019": "under cover of darkness",
        "riyadh-2018-ieds": "overnight",
    }
    assert {id_ for id_, time in timed.items() if time["certainty"] == "inferred"} == {
        "khatuniya-boy-abduction",
        "khatuniya-killings",
        "dub-operation",
    }
    minutes = {id_: (time["earliest"], time["latest"]) for id_, time in timed.items()}
    assert minutes.pop("kubaiba-raid") == (None, "07:00")
    assert set(minutes.values()) == {(None, None)}
