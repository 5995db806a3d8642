"""Full-text search: the same on both engines, whatever is typed."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from app.problems import BadValue
from app.search.terms import parse_query, snippet, terms, words
from tests.conftest import load_seed, serving
from tests.sample import INCIDENTS, record, small, write


def matches(client: TestClient, q: str, **more: Any) -> list[str]:
    answer = client.get("/v1/search", params={"q": q, "limit": 100, **more})
    assert answer.status_code == 200, answer.text
    return [f"{hit['type']}/{hit['id']}" for hit in answer.json()["data"]]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("soleimani", "person/qassem-suleimani"),
        ("SULEIMANI", "person/qassem-suleimani"),
        ("al soofy", "person/hassan-al-soofy"),
        ("Al-Soofy", "person/hassan-al-soofy"),
        ("soofy", "person/hassan-al-soofy"),
        ("al shameri", "person/sajad-musa-al-shameri"),
        ("shameri", "person/sajad-musa-al-shameri"),
        ("kan'us", "place/kanoos-village"),
        ("Kan’us", "place/kanoos-village"),
        ("Ninewa", "place/nineveh-province"),
    ],
)
def test_spellings_find_theirs(client: TestClient, asked: str, first: str) -> None:
    assert matches(client, asked)[0] == first


@pytest.mark.parametrize(
    "asked",
    ["casings bank", "handwritten map", "foltyn", "looks out on the island", "Sunni Popular"],
)
def test_captions_are_searched(client: TestClient, asked: str) -> None:
    """What pictures show, whose they are, and whom and which place they show, in every spelling."""
    article = "foltyn-us-iran-isis-2020"
    assert f"article/{article}" in matches(client, asked)
    assert [one["id"] for one in client.get("/v1/articles", params={"q": asked}).json()["data"]] == [article]


@pytest.mark.parametrize("asked", ["dub al kabir", "Dub-Al Kabir", "Dub al-Kabir", "dub kabir"])
def test_both_spellings_of_the_village(client: TestClient, asked: str) -> None:
    assert "place/dub-al-kabir" in matches(client, asked)


def test_every_name_and_alias_finds_its_record(client: TestClient) -> None:
    looked_for = 0
    for resource in ("people", "places", "organizations"):
        for one in client.get(f"/v1/{resource}?limit=500").json()["data"]:
            if resource != "organizations" and not one["named"]:
                continue
            for name in [one["name"], *(alias["name"] for alias in one["aliases"])]:
                hits = matches(client, f'"{name}"', type=one["type"])
                assert f"{one['type']}/{one['id']}" in hits, name
                looked_for += 1
    assert looked_for > 64, "15 people, 21 places and 28 organizations have at least a name each"


@pytest.mark.parametrize(
    ("asked", "too_many"),
    [
        (" ".join(["raid"] * 24), False),
        (" ".join(["raid"] * 25), True),
        ("a* b* c*", False),
        ("a* b* c* raid", True),
        ("a* -b* ce* de*", False),
        ("a* -b* ce* de* raid", True),
        ("ki* ku* ka* ma* mo* ra*", False),
        ('ki* ku* ka* ma* mo* ra* "raid"', True),
        (" ".join(["rai*"] * 24), False),
        ("ﬀ* ﬀ* ﬀ* ﬀ* ﬀ* ﬀ* ﬀ*", True),
    ],
)
def test_short_beginnings_count_as_several_words(asked: str, too_many: bool) -> None:
    """By the letters that are looked for, not by those that were typed: as many words as they begin have to be read."""
    if not too_many:
        assert parse_query(asked).phrases
        return
    with pytest.raises(BadValue, match="more than 24 words"):
        parse_query(asked)


def test_k1_does_not_find_mk19(client: TestClient) -> None:
    hits = matches(client, "K1")
    assert "place/k1-air-base" in hits
    assert "incident/kanoos-grenade-fire" not in hits


def test_minus_phrases_and_stars_change_what_is_found(client: TestClient) -> None:
    raids = set(matches(client, "raid", type="incident"))
    without = set(matches(client, "raid -kanoos", type="incident"))
    assert without
    assert without < raids
    assert raids - without == set(matches(client, "raid kanoos", type="incident"))
    assert set(matches(client, '"raid"', type="incident")) < raids, "a phrase is taken as it stands, a word in any form"
    assert set(matches(client, "rai*", type="incident")) >= raids
    assert "organization/islamic-resistance" in matches(client, '"islamic resistance"')
    assert "organization/islamic-resistance" not in matches(client, '"resistance islamic"')


def test_types_and_limit(client: TestClient) -> None:
    hits = matches(client, "kanoos", type=["place", "quote"])
    assert hits
    assert {hit.split("/")[0] for hit in hits} == {"place"}
    body = client.get("/v1/search?q=kanoos&limit=2").json()
    assert body["meta"]["returned"] == len(body["data"]) == 2
    assert body["meta"]["matched"] == len(matches(client, "kanoos")) > 2


def test_snippets_show_the_match(client: TestClient) -> None:
    hit = client.get("/v1/search?q=frequency&type=quote").json()["data"][0]
    assert hit["id"] == "al-soofy-raids-and-isis"
    assert [piece["text"] for piece in hit["snippet"] if piece["match"]] == ["frequency"]
    whole = "".join(piece["text"] for piece in hit["snippet"]).replace("…", "")
    assert whole in client.get(hit["url"]).json()["data"]["text"]


@pytest.mark.parametrize("asked", ['"', "-", "*", "- -", "al", "()", "-kanoos", "'", "\\", "%", "al-", '""'])
def test_nothing_to_look_for(client: TestClient, asked: str) -> None:
    answer = client.get("/v1/search", params={"q": asked})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "q"


@pytest.mark.parametrize(
    "url", ["/v1/search", "/v1/search?q=", "/v1/search?q=x&limit=101", "/v1/search?q=x&type=casualty"]
)
def test_a_search_with_bad_parameters_is_refused(client: TestClient, url: str) -> None:
    assert client.get(url).status_code == 400


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_no_input_is_an_error_of_ours(client: TestClient, asked: str) -> None:
    answer = client.get("/v1/search", params={"q": asked.encode("utf-8", "replace").decode()})
    assert answer.status_code in (200, 400), answer.text


@given(st.text(alphabet="kK1 \"*-'’.()^:{}+~&|!<>\\/ANDORTnear", min_size=1, max_size=40))
@settings(max_examples=150, deadline=None)
def test_no_operator_is_a_syntax_error(client: TestClient, asked: str) -> None:
    answer = client.get("/v1/search", params={"q": asked})
    assert answer.status_code in (200, 400), answer.text


def test_terms_are_folded_words_without_punctuation() -> None:
    assert terms("Iraq’s U.S.-led Al-Ḥasan, kan'us; 40mm MK19 (K1).") == [
        *("iraq", "us", "led", "hasan", "kanus", "40mm", "mk19", "k1")
    ]
    assert terms("al el Al") == []
    with pytest.raises(BadValue):
        parse_query("-only -without")


@settings(max_examples=300, deadline=None)
@given(st.text("aZé1 .'’`-_,\n\u0130") | st.text(max_size=30))
@example("The end. U.S.")
@example("a..b . c.")
@example("x" * 150)
@example("a\x1fb")
def test_terms_are_the_words_that_a_snippet_marks(text: str) -> None:
    """Most texts are read in a faster way, which makes no difference."""
    assert terms(text) == [word.term for word in words(text)]


def test_snippet_is_the_text_in_pieces() -> None:
    text = "word " * 100 + "Dub-Al Kabir" + " word" * 100
    pieces = snippet(["nothing here", text], parse_query("kabir"))
    assert [piece.text for piece in pieces if piece.match] == ["Kabir"]
    assert pieces[0].text == "…"
    assert pieces[-1].text.endswith("…")
    assert "".join(piece.text for piece in pieces[1:])[:-1] in text
    assert [piece.text for piece in snippet(["nothing here"], parse_query("kabir"))] == ["nothing here"]


def test_the_index_follows_the_releases(database_url: str, tmp_path: Path) -> None:
    files = small()
    load_seed(database_url, write(files, tmp_path))
    with serving(database_url) as client:
        assert matches(client, '"the mill"') == ["incident/mill-search"]
        record(files, INCIDENTS, "mill-search")["title"] = "Search of the granary in Orsa"
        record(files, INCIDENTS, "mill-search")["summary"] = "One man was held."
        load_seed(database_url, write(files, tmp_path))
        assert matches(client, '"the mill"') == []
        assert matches(client, "granary") == ["incident/mill-search"]


def listed(client: TestClient, url: str) -> list[str]:
    return [record["id"] for record in client.get(url).json()["data"]]


def test_lists_show_the_best_first_unless_a_sort_is_given(client: TestClient) -> None:
    best = listed(client, "/v1/incidents?q=kanoos&limit=500")
    dated = listed(client, "/v1/incidents?q=kanoos&sort=-date&limit=500")
    assert sorted(best) == sorted(dated)
    assert best != dated
    assert best == [hit.removeprefix("incident/") for hit in matches(client, "kanoos", type="incident")]
    assert listed(client, "/v1/people?q=soofy")[0] == "hassan-al-soofy"
    assert listed(client, "/v1/statements?q=trainers")
    assert listed(client, "/v1/articles?q=tensions")


def test_the_best_are_paged_within_one_release(database_url: str, tmp_path: Path) -> None:
    files = small()
    load_seed(database_url, write(files, tmp_path))
    with serving(database_url) as client:
        whole = listed(client, "/v1/incidents?q=o*&limit=500")
        assert len(whole) == 3
        first = client.get("/v1/incidents?q=o*&limit=2").json()
        second = client.get(first["links"]["next"]).json()
        assert [record["id"] for record in first["data"] + second["data"]] == whole
        assert "next" not in second["links"]
        record(files, INCIDENTS, "mill-search")["title"] = "Search of the granary in Orsa"
        load_seed(database_url, write(files, tmp_path))
        refused = client.get(first["links"]["next"])
        assert refused.status_code == 400
        assert "another release; the newest is 2." in refused.json()["detail"]


def test_claims_are_found_by_the_words_of_their_incident(client: TestClient) -> None:
    claims = client.get("/v1/casualties?q=koppenhafer&limit=500").json()["data"]
    assert claims
    assert {claim["incident"]["id"] for claim in claims} == {"kanoos-island-raid"}
