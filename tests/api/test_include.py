"""`fields` and `include`: only these keys, and also what the records refer to and what refers to them."""

import pytest
from starlette.testclient import TestClient

from app.api import pages
from app.model.documents import DOCUMENTS
from app.model.references import referenced_ids
from app.records import RECORD_TYPES
from app.records.included import include_paths
from tests import every_fifth
from tests.answers import body, problem, refused


def test_fields_keep_what_names_the_record(client: TestClient) -> None:
    for record in body(client, "/v1/incidents?fields=title,kind")["data"]:
        assert set(record) == {"id", "type", "url", "title", "kind"}
    once = body(client, "/v1/incidents/kubaiba-raid?fields=title&fields=totals,title")["data"]
    whole = body(client, "/v1/incidents/kubaiba-raid")["data"]
    assert once == {key: whole[key] for key in ("id", "type", "url", "title", "totals")}


@pytest.mark.parametrize("resource", DOCUMENTS)
def test_every_key_is_a_field(client: TestClient, resource: str) -> None:
    first = body(client, f"/v1/{resource}?limit=1")["data"][0]
    every = ",".join(first)
    assert body(client, f"/v1/{resource}?limit=1&fields={every}")["data"] == [first]
    assert body(client, f"{first['url']}?fields={every}")["data"] == first


@every_fifth.parametrize(
    ("resource", "wanted"), [(one.name, wanted) for one in RECORD_TYPES.values() for wanted in one.references]
)
def test_included_records_are_those_of_their_own_address(client: TestClient, resource: str, wanted: str) -> None:
    """Whole and once each, although many records refer to them; what a list includes its records include alone."""
    page = body(client, f"/v1/{resource}?limit=500&include={wanted}")
    included = page["included"][wanted]
    names = [document["id"] for document in included]
    assert names == sorted(set(names))
    assert set(page["included"]) == {wanted}
    assert page["data"] == body(client, f"/v1/{resource}?limit=500")["data"]
    everything = {document["id"]: document for document in body(client, f"/v1/{wanted}?limit=500")["data"]}
    assert all(document == everything[document["id"]] for document in included)
    if included:
        asked = f"?include={wanted}&fields=id"
        alone = [body(client, document["url"] + asked)["included"][wanted] for document in page["data"][:50]]
        shared = {document["id"] for entry in alone for document in entry}
        assert shared <= set(names)
        assert shared == set(names) or len(page["data"]) > 50


def test_what_an_incident_refers_to(client: TestClient) -> None:
    wanted = "places,people,organizations,quotes,statements,casualties,incidents,articles"
    page = body(client, f"/v1/incidents/kanoos-island-raid?include={wanted}")
    actual = {name: {document["id"] for document in page["included"][name]} for name in wanted.split(",")}
    raid = page["data"]
    assert list(page["included"]) == wanted.split(",")
    assert actual["places"] == {place["id"] for place in raid["places"]}
    assert actual["casualties"] == {claim["id"] for claim in raid["casualties"]}
    assert actual["statements"] == {one["id"] for one in raid["statements"]} != set()
    others = {one["id"] for one in (*raid["children"], *raid["related"])}
    assert actual["incidents"] == others >= {"kanoos-aerial-shelling"}
    assert {"scott-koppenhafer", "coalition-spokesperson-p24"} <= actual["people"]
    assert {"us-led-coalition", "nineveh-swat"} <= actual["organizations"]
    assert actual["articles"] == {"foltyn-us-iran-isis-2020"}


def test_nothing_is_included_unless_asked(client: TestClient) -> None:
    assert "included" not in body(client, "/v1/incidents?limit=1")
    assert "included" not in body(client, "/v1/incidents/kubaiba-raid")
    empty = body(client, "/v1/incidents?q=nobodysaidthis&include=quotes")
    assert (empty["data"], empty["included"]) == ([], {"quotes": []})


def test_include_and_fields_stand_together(client: TestClient) -> None:
    page = body(client, "/v1/quotes?speaker=hassan-al-soofy&fields=text&include=people,people&include=articles")
    assert set(page["data"][0]) == {"id", "type", "url", "text"}
    assert [person["name"] for person in page["included"]["people"]] == ["Hassan al-Soofy"]
    assert len(page["included"]["articles"]) == 1


def test_unknown_names_of_keys_and_lists_are_refused(client: TestClient) -> None:
    for url in ("/v1/incidents", "/v1/incidents/kubaiba-raid"):
        assert refused(client, f"{url}?include=qoutes,places") == [("include", "quotes")]
        assert refused(client, f"{url}?fields=titel,summery") == [("fields", "title"), ("fields", "summary")]
    assert refused(client, "/v1/articles?include=quotes") == [("include", None)]
    assert "'qoutes'" in problem(client, "/v1/incidents?include=qoutes")["detail"]


@pytest.mark.parametrize(
    ("resource", "wanted", "parameter"),
    [(one.name, wanted, parameter) for one in RECORD_TYPES.values() for wanted, parameter in one.referring.items()],
)
def test_what_refers_to_a_record_is_what_its_filter_lists(
    client: TestClient, resource: str, wanted: str, parameter: str
) -> None:
    total = 0
    for record in body(client, f"/v1/{resource}?limit=500")["data"][::4]:
        alone = body(client, f"{record['url']}?include={wanted}")
        listed = body(client, f"/v1/{wanted}?{parameter}={record['id']}&limit=500")["data"]
        assert alone["included"] == {wanted: listed}
        assert alone["data"] == record
        same = f"{record['url']}?include={wanted}"
        assert alone["links"] == {"self": same, "permanent": f"{same}&release=1"}
        total += len(listed)
    assert total


@pytest.mark.parametrize("resource", [one.name for one in RECORD_TYPES.values() if one.referring])
def test_what_refers_to_a_page_is_sent_once_each(client: TestClient, resource: str) -> None:
    lists = RECORD_TYPES[resource].referring
    page = body(client, f"/v1/{resource}?limit=20&sort=-name&include={','.join(lists)}")
    assert list(page["included"]) == list(lists)
    assert "included" not in page["links"]
    for wanted, parameter in lists.items():
        query = "&".join(f"{parameter}={record['id']}" for record in page["data"])
        assert page["included"][wanted] == body(client, f"/v1/{wanted}?{query}&limit=500")["data"]
    empty = body(client, f"/v1/{resource}?q=nobodysaidthis&include={','.join(lists)}")
    assert empty["included"] == {wanted: [] for wanted in lists}


def test_where_more_refers_than_is_sent_links_lead_to_all(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_INCLUDED", 3)
    one = body(client, "/v1/places/iraq?include=incidents,quotes,articles")
    assert one["links"]["included"]["incidents"] == ["/v1/incidents?place=iraq"]
    everything = body(client, "/v1/incidents?place=iraq&limit=500")["data"]
    assert one["included"]["incidents"] == everything[:3]
    assert len(everything) > 3
    monkeypatch.setattr(pages, "MAX_VALUES", 15)
    page = body(client, "/v1/places?limit=40&include=quotes")
    links = page["links"]["included"]["quotes"]
    assert [link.count("place=") for link in links] == [15, 15, 10]
    there = {quote["id"] for link in links for quote in body(client, f"{link}&limit=500")["data"]}
    assert {quote["id"] for quote in page["included"]["quotes"]} < there


def test_claims_are_included_by_whom_they_count(client: TestClient) -> None:
    """A person or organization gets the claims about its own dead, not those about incidents that it had a part in."""
    counted = [claim for claim in body(client, "/v1/casualties?limit=500")["data"] if claim["people"]]
    for claim in counted:
        for person in (one["id"] for one in claim["people"]):
            answer = body(client, f"/v1/people/{person}?include=casualties")["included"]["casualties"]
            assert claim["id"] in [one["id"] for one in answer]
            assert all(person in [one["id"] for one in claim["people"]] for claim in answer)
    assert counted
    assert body(client, "/v1/people/hassan-al-soofy?include=casualties")["included"]["casualties"] == []


def two_hops(resource: str) -> list[str]:
    return [path for path in include_paths(resource) if "." in path]


@every_fifth.parametrize("resource", DOCUMENTS)
def test_paths_include_what_included_records_refer_to(client: TestClient, resource: str) -> None:
    """The same as asking for the second list with the records of the first, and these are there as well."""
    everything = {name: body(client, f"/v1/{name}?limit=500")["data"] for name in DOCUMENTS}
    for path in two_hops(resource):
        first, second = path.split(".")
        answer = body(client, f"/v1/{resource}?limit=20&include={path}&fields=id")["included"]
        on_the_way = body(client, f"/v1/{resource}?limit=20&include={first}&fields=id")["included"][first]
        assert list(answer) == list(dict.fromkeys((first, second)))
        places = RECORD_TYPES[first].references[second]
        there = {one["id"] for one in on_the_way} if second == first else set()
        expected = there | set(referenced_ids(places, on_the_way))
        assert [one["id"] for one in answer[first]][: len(on_the_way)] == [one["id"] for one in on_the_way], path
        names = [one["id"] for one in answer[second]]
        assert (set(names), len(names)) == (expected, len(set(names))), path
        assert all(one in everything[second] for one in answer[second]), path


def test_a_claim_comes_with_the_quotes_about_its_incident(client: TestClient) -> None:
    incidents = body(client, "/v1/incidents?limit=500")["data"]
    incident = next(one for one in incidents if one["quotes"] and one["casualties"])
    claim = incident["casualties"][0]
    wanted = "incidents.quotes,people,incidents.people,quotes"
    assert refused(client, f"{claim['url']}?include={wanted}") == [("include", "incidents.quotes")]
    wanted = wanted.removesuffix(",quotes")
    thin = "fields[quotes]=text,speaker&fields[incidents]=title&evidence=none"
    included = body(client, f"{claim['url']}?include={wanted}&{thin}")["included"]
    assert list(included) == ["incidents", "quotes", "people"]
    assert [one["title"] for one in included["incidents"]] == [incident["title"]]
    assert {one["id"] for one in included["quotes"]} == {one["id"] for one in incident["quotes"]} != set()
    assert all(set(one) == {"id", "type", "url", "text", "speaker"} for one in included["quotes"])
    people = [one["id"] for one in included["people"]]
    assert len(people) == len(set(people)) > 0


def test_a_path_that_leads_nowhere_is_refused_and_the_nearest_is_named(client: TestClient) -> None:
    for url in ("/v1/casualties", "/v1/casualties/kubaiba-fighters-killed"):
        for path, nearest in (("incident.quotes", "incidents.quotes"), ("incidents.quots", "incidents.quotes")):
            answer = problem(client, f"{url}?include={path}")
            assert [(one["parameter"], one["suggestion"]) for one in answer["errors"]] == [("include", nearest)]
            assert "incidents.quotes" in answer["allowed_values"]["include"]
    assert problem(client, "/v1/incidents?include=places.incidents")["status"] == 400
    assert problem(client, "/v1/casualties?include=incidents.quotes.people")["status"] == 400
    assert refused(client, "/v1/casualties?fields[quotes]=text") == [("fields[quotes]", None)]


def test_openapi_has_every_path_and_no_other(client: TestClient) -> None:
    paths = body(client, "/openapi.json")["paths"]
    for one in RECORD_TYPES.values():
        for url in (f"/v1/{one.name}", f"/v1/{one.name}/{{id}}"):
            include = [each for each in paths[url]["get"]["parameters"] if each["name"] == "include"]
            taken = [path for each in include for path in each["schema"]["items"]["enum"]]
            assert taken == list(include_paths(one.name))
            assert {path.count(".") for path in taken} <= {0, 1}
            seconds = {path for path in taken if "." in path}
            assert seconds == {f"{first}.{name}" for first in one.included for name in RECORD_TYPES[first].references}
