"""Labels and names in the reader's language: by `lang`, by `Accept-Language`, and where there is none in it."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.model.codebook import shipped
from app.model.languages import offered_language
from app.records import RECORD_TYPES
from tests import extended_sample, sample
from tests.answers import body, ids, problem, refused
from tests.conftest import NewDatabase, load_seed, serving
from tests.extended_sample import NAMES

ARABIC = {"Accept-Language": "ar-IQ,ar;q=0.9,en;q=0.5"}


@pytest.fixture(scope="module")
def named(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    url = new_database()
    load_seed(url, sample.write(extended_sample.extended(), tmp_path_factory.mktemp("named")))
    with serving(url) as client:
        yield client


def labels(answer: Any, facet: str) -> dict[str, str]:
    return {bucket["value"]: bucket["label"] for bucket in answer["data"][facet]["buckets"]}


def test_the_codebook_has_labels_in_the_language_that_is_asked_for(client: TestClient) -> None:
    for url, headers, language in (
        ("/v1/codebook", {}, "en"),
        ("/v1/codebook?lang=ar", {}, "ar"),
        ("/v1/codebook?lang=ar-IQ", {"Accept-Language": "en"}, "ar"),
        ("/v1/codebook?lang=en", ARABIC, "en"),
        ("/v1/codebook", ARABIC, "ar"),
        ("/v1/codebook?lang=fr", {}, "en"),
        ("/v1/codebook", {"Accept-Language": "fr"}, "en"),
    ):
        response = client.get(url, headers=headers)
        assert response.headers["content-language"] == language, (url, headers)
        assert ("Accept-Language" in response.headers["vary"]) is ("lang" not in url), url
        vocabularies = response.json()["data"]["vocabularies"]
        assert vocabularies.keys() == shipped().vocabularies.keys()
        for name, vocabulary in vocabularies.items():
            found = {one["value"]: one["label"] for one in vocabulary["values"]}
            assert found == shipped().labels(name, offered_language(language))


def test_counts_and_sums_have_labels_in_the_language_that_is_asked_for(client: TestClient) -> None:
    url = "/v1/facets?of=incidents&facet=kind,contested,month"
    found = labels(body(client, f"{url}&lang=ar"), "kind")
    arabic = shipped().labels("incident.kind", "ar")
    assert found
    assert all(label == arabic[value] for value, label in found.items())
    assert labels(body(client, f"{url}&lang=ar"), "contested") == {"true": "نعم", "false": "لا"}
    assert all(value == label for value, label in labels(body(client, f"{url}&lang=ar"), "month").items())
    assert client.get(url, headers=ARABIC).json()["data"] == body(client, f"{url}&lang=ar")["data"]
    assert body(client, url)["data"] == body(client, f"{url}&lang=xx")["data"] == body(client, f"{url}&lang=en")["data"]

    url = "/v1/casualties/summary?group_by=claimed_by,month"
    response = client.get(url, headers=ARABIC)
    assert response.headers["content-language"] == "ar"
    assert "Accept-Language" in response.headers["vary"]
    rows = response.json()["data"]["rows"]
    outcomes = shipped().labels("casualty.outcome", "ar")
    assert {row["by"]["outcome"]["label"] for row in rows} <= set(outcomes.values())
    assert {row["by"]["claimed_by"]["label"] for row in rows if row["by"]["claimed_by"]["value"] is None} == {
        "بصوت المقال نفسه"
    }
    assert "أوسع من شهر أو مفتوح الطرف" in {row["by"]["month"]["label"] for row in rows}
    plain = [{**row, "by": {key: one["value"] for key, one in row["by"].items()}} for row in rows]
    english = body(client, url)["data"]["rows"]
    assert plain == [{**row, "by": {key: one["value"] for key, one in row["by"].items()}} for row in english]


def test_what_is_no_language_tag_is_refused_and_another_name_leads_to_lang(client: TestClient) -> None:
    for url in (
        "/v1/incidents?",
        "/v1/incidents/kubaiba-raid?",
        "/v1/codebook?",
        "/v1/facets?of=incidents&facet=kind&",
    ):
        for tag in ("", "ar_IQ", "x" * 40, "*", "ar;q=1", "العربية"):
            assert refused(client, f"{url}lang={tag}") == [("lang", None)]
        assert refused(client, f"{url}locale=ar") == [("locale", "lang")]
        assert refused(client, f"{url}lang=ar&lang=en") == [("lang", None)]
    for path in ("/v1/incidents.csv", "/v1/places.geojson", "/v1/quotes.atom"):
        assert problem(client, f"{path}?lang=ar")["type"] == "/problems/unknown-parameter"


def test_names_are_shown_in_the_language_that_is_asked_for(named: TestClient) -> None:
    place = body(named, "/v1/places/orsa")["data"]
    assert place["names"] == NAMES["orsa"]
    assert body(named, "/v1/places/orsa?lang=ar")["data"] == {**place, "name": "أورسا"}
    assert body(named, "/v1/places/orsa?lang=ku-Latn")["data"] == {**place, "name": "Orsayê"}
    assert labels(body(named, "/v1/facets?of=incidents&facet=place&lang=ar"), "place")["orsa"] == "أورسا"
    assert labels(body(named, "/v1/facets?of=incidents&facet=place"), "place")["orsa"] == place["name"]


@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_every_list_shows_each_name_in_the_language(named: TestClient, resource: str) -> None:
    """Nothing else is another: putting the plain names back gives the plain answer."""
    include = "" if resource == "articles" else "&include=" + ",".join(_included(named, resource))
    plain = named.get(f"/v1/{resource}?limit=500{include}")
    arabic = named.get(f"/v1/{resource}?limit=500{include}&lang=ar")
    assert "content-language" not in plain.headers
    assert "Accept-Language" not in plain.headers["vary"]
    text = arabic.text
    for id_, forms in NAMES.items():
        shown = _plain_name(named, id_)
        assert f'"label":"{shown}"' not in text
        text = text.replace(f'"label":"{forms[0]["name"]}"', f'"label":"{shown}"')
        text = _with_names(text, forms[0]["name"], shown)
    assert text.replace("&lang=ar", "") == plain.text
    assert arabic.headers["content-language"] == ("ar" if text != arabic.text else "en")


def _with_names(text: str, form: str, shown: str) -> str:
    """The text with a name put back, but for that in `names`."""
    kept = f'"language":"ar","name":"{form}"'
    return text.replace(kept, "KEPT").replace(f'"name":"{form}"', f'"name":"{shown}"').replace("KEPT", kept)


def _plain_name(client: TestClient, id_: str) -> str:
    for resource in ("places", "people", "organizations"):
        found = client.get(f"/v1/{resource}/{id_}")
        if found.status_code == 200:
            return str(found.json()["data"].get("label") or found.json()["data"]["name"])
    raise AssertionError(id_)


def _included(client: TestClient, resource: str) -> list[str]:
    return list(problem(client, f"/v1/{resource}?include=xyzzy")["allowed_values"]["include"])


def test_names_are_translated_also_where_the_id_was_not_asked_for(named: TestClient) -> None:
    url = "/v1/incidents?limit=500&lang=ar&fields"
    whole, thin = (body(named, f"{url}={keys}")["data"] for keys in ("places", "places.name"))
    names = [[place["name"] for place in one["places"]] for one in whole]
    assert names == [[place["name"] for place in one["places"]] for one in thin]
    assert "أورسا" in [name for of_one in names for name in of_one]


def test_a_language_without_names_is_english(named: TestClient) -> None:
    for lang in ("fr", "en"):
        response = named.get(f"/v1/incidents?lang={lang}")
        assert response.headers["content-language"] == "en"
        assert response.json()["data"] == body(named, "/v1/incidents")["data"]


def test_records_do_not_depend_on_accept_language(named: TestClient) -> None:
    """A copy that a browser keeps is compared with digests, whatever its language."""
    for url in ("/v1/incidents", "/v1/places/orsa", "/v1/incidents?include=places"):
        plain, arabic = named.get(url), named.get(url, headers=ARABIC)
        assert plain.content == arabic.content
        assert plain.headers["etag"] == arabic.headers["etag"]


def test_pages_go_on_in_another_language(named: TestClient) -> None:
    first = body(named, "/v1/incidents?limit=1&lang=ar")
    following = first["links"]["next"]
    assert "lang=ar" in following
    assert body(named, following)["data"]
    assert body(named, following.replace("lang=ar", "lang=en"))["data"]


def test_names_in_other_languages_are_searched(named: TestClient) -> None:
    assert "orsa" in ids(named, "/v1/places?q=أورسا")
    assert "miller" in ids(named, "/v1/people?q=الطحان")
    there = set(ids(named, "/v1/incidents?place=orsa&place_role=scene"))
    assert there <= set(ids(named, "/v1/incidents?q=أورسا&limit=500"))
    for lang, label in (("ar", "أورسا"), ("ku", "Orsayê"), ("fr", "Orsa")):
        results = named.get(f"/v1/search?q=Orsa&type=place&lang={lang}")
        assert label in [one["label"] for one in results.json()["data"]]
        assert results.headers["content-language"] == (lang if label != "Orsa" else "en")
    (error,) = problem(named, "/v1/incidents?place=أورسا")["errors"]
    assert error["suggestion"] == "orsa"


def test_answers_in_two_languages_have_two_tags_and_are_cached_apart(named: TestClient) -> None:
    url = "/v1/facets?of=incidents&facet=kind"
    english, arabic = named.get(url), named.get(url, headers=ARABIC)
    assert english.headers["etag"] != arabic.headers["etag"]
    assert english.content != arabic.content
    for headers, made in (({}, english), (ARABIC, arabic)):
        again = named.get(url, headers=headers)
        assert (again.content, again.headers["cache-status"]) == (made.content, "dateline; hit")
        known = {**headers, "If-None-Match": english.headers["etag"]}
        assert named.get(url, headers=known).status_code == (304 if made is english else 200)
