"""Parts of records: dotted `fields`, `fields[list]` of what is included, and `evidence` left out or counted."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from starlette.testclient import TestClient

from app.model.codebook import shipped
from app.model.documents import DOCUMENTS
from app.model.partial_documents import paths_of
from app.records import RECORD_TYPES
from tests.answers import body, problem, refused

Json = dict[str, Any]


def kept(value: Any, path: list[str]) -> Any:
    """What a document has at a path, with nothing beside it."""
    if isinstance(value, list):
        return [kept(item, path) for item in value]
    if value is None or not path:
        return value
    return {path[0]: kept(value[path[0]], path[1:])}


def objects(value: Any) -> Iterator[Json]:
    """Every object in a value, however deep, and the value itself."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


@pytest.mark.parametrize("resource", DOCUMENTS)
def test_a_dotted_key_stands_where_it_does_in_the_record(client: TestClient, resource: str) -> None:
    whole = body(client, f"/v1/{resource}?limit=4")["data"]
    dotted = [path for path in paths_of(resource, shipped()) if "." in path]
    for path in dotted[::3]:
        page = body(client, f"/v1/{resource}?limit=4&fields={path}")
        assert page["fields"] == [path]
        for one, thin in zip(whole, page["data"], strict=True):
            named = {key: one[key] for key in ("id", "type", "url")}
            assert thin == named | kept(one, path.split(".")), path
    assert dotted


def test_several_keys_of_an_object_are_one_object(client: TestClient) -> None:
    whole = body(client, "/v1/incidents/kubaiba-raid")["data"]
    thin = body(client, "/v1/incidents/kubaiba-raid?fields=date.latest,date.edtf,casualties.low,casualties.id")["data"]
    assert thin["date"] == {key: whole["date"][key] for key in ("edtf", "latest")}
    assert thin["casualties"] == [{"id": one["id"], "low": one["low"]} for one in whole["casualties"]]
    both = body(client, "/v1/incidents/kubaiba-raid?fields=date.edtf,date")["data"]
    assert both["date"] == whole["date"], "an object and a key of it are the object"
    undated = body(client, "/v1/incidents?fields=date.edtf,location.name&limit=500")["data"]
    assert any(one["location"] is None for one in undated), "what is null stays null"


@pytest.mark.parametrize("path", ["/v1/incidents?limit=20", "/v1/incidents/kanoos-island-raid"])
def test_included_records_are_thinned_by_their_own_keys(client: TestClient, path: str) -> None:
    separator = "&" if "?" in path else "?"
    asked = f"{path}{separator}include=quotes,people,places"
    whole = body(client, asked)
    thin = body(client, f"{asked}&fields[quotes]=text,speaker.label&fields[people]=label")
    assert thin["data"] == whole["data"]
    assert set(thin["fields"]) == set(RECORD_TYPES["incidents"].document.model_fields)
    assert thin["included"]["places"] == whole["included"]["places"]
    for quote, one in zip(whole["included"]["quotes"], thin["included"]["quotes"], strict=True):
        named = {key: quote[key] for key in ("id", "type", "url", "text")}
        assert one == named | {"speaker": {"label": quote["speaker"]["label"]}}
    assert {key for one in thin["included"]["people"] for key in one} == {"id", "type", "url", "label"}
    assert "fields" not in whole


@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_evidence_is_left_out_or_counted_everywhere(client: TestClient, resource: str) -> None:
    """Of the records of a list, of what lies in them, and of whatever is included; nothing else changes."""
    include = f"&include={','.join(RECORD_TYPES[resource].included)}" if RECORD_TYPES[resource].included else ""
    url = f"/v1/{resource}?limit=10{include}"
    whole, none, count = (body(client, f"{url}&evidence={form}") for form in ("full", "none", "count"))
    assert whole == body(client, url) | {"links": whole["links"]}
    counted = [one for one in objects(whole) if "evidence" in one]
    assert counted
    assert not any("evidence" in one or "evidence_count" in one for one in objects(none))
    for one in counted:
        one["evidence_count"] = len(one.pop("evidence"))
    for answer in (whole, none, count):
        del answer["links"]
    assert "evidence" not in none.pop("fields")
    assert "evidence_count" in count.pop("fields")
    assert count == whole
    for one in counted:
        del one["evidence_count"]
    assert none == whole


def test_evidence_may_be_one_of_the_keys(client: TestClient) -> None:
    url = "/v1/incidents/kubaiba-raid?fields=title,evidence"
    whole = body(client, url)["data"]
    counted = body(client, f"{url}&evidence=count")["data"]
    assert counted == {key: whole[key] for key in ("id", "type", "url", "title")} | {
        "evidence_count": len(whole["evidence"])
    }
    assert set(body(client, "/v1/incidents/kubaiba-raid?fields=title&evidence=count")["data"]) == {
        *("id", "type", "url", "title")
    }, "it stands in the place of `evidence`, which was not asked for"


@pytest.mark.parametrize(
    ("query", "parameter", "suggestion", "words"),
    [
        ("fields=date.erliest", "fields", "date.earliest", "has no value"),
        ("fields=date.earliest.day", "fields", "date.earliest", "has no value"),
        ("fields=.date", "fields", "date", "has no value"),
        ("fields=text", "fields", None, "it is a key of quotes"),
        ("include=quotes&fields[quotes]=title", "fields[quotes]", None, "it is a key of articles, incidents"),
        ("include=quotes&fields[quotes]=speaker.lable", "fields[quotes]", "speaker.label", "has no value"),
        ("include=quotes&fields[quots]=text", "fields[quots]", "fields[quotes]", "no parameter"),
        ("include=people&fields[person]=label", "fields[person]", "fields[people]", "no parameter"),
        ("fields[quotes]=text", "fields[quotes]", None, "goes with include=quotes"),
        ("include=people&fields[quotes]=text", "fields[quotes]", None, "goes with include=quotes"),
        ("fields[incidents]=title", "fields[incidents]", "fields", "goes with include=incidents"),
        ("evidence=some", "evidence", "none", "has no value"),
        ("evidence=non", "evidence", "none", "has no value"),
        ("evidence=none&fields=evidence", "fields", None, "goes with evidence=full"),
        ("evidence=count&fields=evidence.url", "fields", None, "goes with evidence=full"),
        ("evidence=none&fields=casualties.evidence.url", "fields", None, "goes with evidence=full"),
        ("include=quotes&evidence=none&fields[quotes]=evidence", "fields[quotes]", None, "goes with evidence=full"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/incidents/kubaiba-raid"])
def test_what_cannot_be_picked_is_refused(
    client: TestClient, path: str, query: str, parameter: str, suggestion: str | None, words: str
) -> None:
    found = problem(client, f"{path}?{query}")
    (error,) = found["errors"]
    assert (error["parameter"], error["suggestion"]) == (parameter, suggestion)
    assert words in error["detail"]
    if "has no value" in words or "key of" in words:
        assert found["allowed_values"][parameter]


def test_what_is_not_included_anywhere_has_no_keys_to_pick(client: TestClient) -> None:
    assert refused(client, "/v1/quotes?fields[quotes]=text") == [("fields[quotes]", "fields")]
    assert refused(client, "/v1/articles?fields[articles]=title") == [("fields[articles]", "fields")]


def test_pages_follow_each_other_in_whatever_parts(client: TestClient) -> None:
    url, ids = "/v1/incidents?limit=15&fields=date.edtf&include=quotes&fields[quotes]=text&evidence=none", []
    while url:
        page = body(client, url)
        ids += [one["id"] for one in page["data"]]
        assert all(set(quote) == {"id", "type", "url", "text"} for quote in page["included"]["quotes"])
        url = page["links"].get("next", "")
    assert ids == [one["id"] for one in body(client, "/v1/incidents?limit=500")["data"]]
    cursor = body(client, "/v1/incidents?limit=15&evidence=count")["links"]["next"].partition("cursor=")[2]
    assert body(client, f"/v1/incidents?limit=15&cursor={cursor}")["data"][0]["id"] == ids[15]


def test_one_question_has_one_tag_however_it_is_written(client: TestClient) -> None:
    written = ["fields[quotes]=text", "fields%5Bquotes%5D=text", "%66ields[quotes]=te%78t"]
    urls = [f"/v1/incidents?include=quotes&{one}" for one in written]
    tags = {client.get(url).headers["etag"] for url in urls}
    assert len(tags) == 1
    others = [client.get(f"/v1/incidents?include=quotes{more}") for more in ("", "&evidence=none", "&evidence=count")]
    assert len(tags | {other.headers["etag"] for other in others}) == 4
    answer = client.get(urls[0], headers={"If-None-Match": tags.pop()})
    assert answer.status_code == 304


@pytest.mark.heavy
@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_parts_fit_the_schema_of_parts(client: TestClient, resource: str) -> None:
    document = client.get("/openapi.json").json()
    some = [path for path in paths_of(resource, shipped()) if "." in path][::3]
    names = RECORD_TYPES[resource].included
    of_included = "".join(f"&fields[{name}]={paths_of(name, shipped())[-1]}" for name in names)
    include = f"&include={','.join(names)}{of_included}" if names else ""
    schema = document["paths"][f"/v1/{resource}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole, partial = (OAS31Validator({**one, "components": document["components"]}) for one in schema["anyOf"])
    for query in (f"fields={','.join(some)}{include}", f"evidence=count{include}", f"evidence=none{include}"):
        answer = body(client, f"/v1/{resource}?limit=5&{query}")
        assert [error.message for error in partial.iter_errors(answer)] == [], query
        assert not whole.is_valid(answer), "a whole answer has all keys"
    assert not partial.is_valid(body(client, f"/v1/{resource}?limit=5"))
