"""`/v1/cite`: what a citation says of a record or a list, in each form, and where it leads to after a correction."""

import json
from collections.abc import Iterator

import pytest
from pybtex.database import parse_string
from starlette.testclient import TestClient

from app.api.answers.citations import Citation
from tests import sample
from tests.answers import body, problem
from tests.conftest import NewDatabase, serving
from tests.ingest.desk import Desk, remove
from tests.sample import INCIDENTS, QUOTES, record

BASE = "http://127.0.0.1:8000"
FERRY = "/v1/incidents/ferry-shooting"


@pytest.fixture(scope="module")
def client(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over two articles, of which the second release corrected a count and removed and merged records."""
    url = new_database()
    desk, files = Desk(url, tmp_path_factory.mktemp("cited")), sample.small()
    claim = record(files, INCIDENTS, "ferry-shooting")["casualties"][0]
    claim.update(low="41", high="41")
    desk.load(files)
    claim.update(low="43", high="43", correction={"date": "2021-10-02", "text": "Two were found later."})
    remove(files, QUOTES, "guard-turn-back", "told twice")
    remove(files, INCIDENTS, "boat-stopped", "told twice", "ferry-shooting")
    desk.load(files)
    desk.database.close()
    with serving(url) as client:
        yield client


def cited(client: TestClient, url: str) -> dict[str, object]:
    answer = client.get("/v1/cite", params={"url": url})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()["data"]
    return found


def test_a_record_is_cited_with_all_that_leads_back_to_it(client: TestClient) -> None:
    told = cited(client, FERRY)
    release = body(client, "/v1/releases/2")["data"]
    (digest,) = {cited(client, url)["digest"] for url in (FERRY, BASE + FERRY, "/incidents/ferry-shooting")}
    assert (told["title"], told["authors"], told["publishers"], told["articles"]) == (
        "Guards fire on a ferry",
        [sample.AUTHOR],
        ["The Ash Courier"],
        [sample.ARTICLE],
    )
    assert (told["release"], told["date"], told["url"]) == (2, release["loaded_at"][:10], f"{BASE}{FERRY}?release=2")
    for part in (told["title"], sample.AUTHOR, "The Ash Courier", "release 2", told["url"], digest):
        assert str(part) in str(told["text"])
    assert "\n" not in str(told["text"])


def test_what_was_cited_before_a_correction_still_leads_to_it(client: TestClient) -> None:
    then = cited(client, f"{FERRY}?release=1")
    assert then["url"] == f"{BASE}{FERRY}?release=1"
    assert then["digest"] != cited(client, FERRY)["digest"]
    document = body(client, str(then["url"]).removeprefix(BASE))["data"]
    assert document["casualties"][0]["low"] == 41
    gone = cited(client, "/v1/quotes/guard-turn-back?release=1")
    assert body(client, str(gone["url"]).removeprefix(BASE))["data"]["id"] == "guard-turn-back"


def test_a_list_is_cited_with_its_filters_and_the_digest_of_its_release(client: TestClient) -> None:
    told = cited(client, "/v1/incidents?kind=ground_fire&limit=5")
    assert told["title"] == "Incidents (kind = ground_fire)"
    assert told["digest"] == body(client, "/v1/releases/2")["data"]["digest"]
    assert told["articles"] == [sample.ARTICLE]
    assert told["url"] == f"{BASE}/v1/incidents?kind=ground_fire&limit=5&release=2"
    assert cited(client, "/v1/incidents?q=nobody")["authors"] == []
    assert cited(client, "/")["title"] == "Incidents"
    assert cited(client, "/v1/articles")["authors"] == cited(client, f"/v1/articles/{sample.ARTICLE}")["authors"]
    table = cited(client, "/v1/casualties.csv?outcome=killed")
    assert client.get(str(table["url"]).removeprefix(BASE)).headers["dateline-release"] == "2"
    second = body(client, "/v1/incidents?limit=1")["links"]["next"]
    assert "cursor" not in str(cited(client, second)["url"])


def test_every_list_and_its_first_record_can_be_cited(client: TestClient) -> None:
    for one in body(client, "/v1")["data"]["lists"]:
        if one["records"]:
            first = body(client, one["url"])["data"][0]
            for url in (one["url"], first["url"]):
                told = cited(client, url)
                assert client.get(str(told["url"]).removeprefix(BASE)).status_code == 200


def test_reference_managers_read_it(client: TestClient) -> None:
    told = cited(client, FERRY)
    bib = client.get("/v1/cite.bib", params={"url": FERRY})
    assert bib.headers["content-type"].startswith("application/x-bibtex")
    ((key, entry),) = parse_string(bib.text, "bibtex").entries.items()
    assert key == "dateline-incidents-ferry-shooting-release-2"
    assert (entry.fields["title"].strip("{}"), entry.fields["url"]) == (told["title"], told["url"])
    assert [str(person) for person in entry.persons["author"]] == [f"{{{sample.AUTHOR}}}"]
    csl = client.get("/v1/cite.csl.json", params={"url": FERRY})
    assert csl.headers["content-type"] == "application/vnd.citationstyles.csl+json"
    (item,) = json.loads(csl.text)
    assert (item["type"], item["title"], item["URL"], item["version"]) == ("dataset", told["title"], told["url"], "2")
    assert item["author"] == [{"literal": sample.AUTHOR}]
    assert "-".join(f"{part:02}" for part in item["issued"]["date-parts"][0]) == told["date"]
    assert client.get("/v1/cite.txt", params={"url": FERRY}).text == f"{told['text']}\n"
    refused = client.get("/v1/cite", params={"url": FERRY}, headers={"Accept": "application/x-bibtex"})
    assert refused.status_code == 406
    assert "/v1/cite.bib?url=" in refused.json()["detail"]


def test_signs_of_tex_stay_what_they_are() -> None:
    title = r"Costs of 5 % & {more} #1 \x ~ a_b ^ $"
    citation = Citation(title, "list", ["A & B"], [], [], 1, "2026-11-24", "0" * 64, f"{BASE}/v1/incidents?q=%7Ba%26")
    ((_, entry),) = parse_string(citation.bibtex(), "bibtex").entries.items()
    assert entry.fields["url"] == citation.url
    plain = entry.fields["title"][1:-1]
    for tex, sign in ((r"\textbackslash{}", "\0"), (r"\textasciitilde{}", "~"), (r"\textasciicircum{}", "^")):
        plain = plain.replace(tex, sign)
    for sign in "{}%&$#_":
        plain = plain.replace(f"\\{sign}", sign)
    assert plain.replace("\0", "\\") == title


def test_the_page_of_a_record_shows_its_citation(client: TestClient) -> None:
    page = client.get("/incidents/ferry-shooting").text
    told = cited(client, FERRY)
    assert str(told["url"]) in page
    assert str(told["digest"]) in page
    assert "/v1/cite.bib?url=/v1/incidents/ferry-shooting" in page
    assert str(cited(client, "/v1/places/orsa")["url"]) in client.get("/places/orsa").text


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://elsewhere.example/v1/incidents", "another origin"),
        ("//elsewhere.example/v1/incidents", "another origin"),
        ("/v1/changes", "no record or list"),
        ("/v1/casualties/summary", "leads to nothing"),
        ("/v1/incidents/ferry-shooting/history", "no record or list"),
        ("/docs", "no record or list"),
        ("ferry", "no record or list"),
        ("/v1/incidents/no-such", "leads to nothing"),
        ("/v1/incidents.atom", "no format"),
        ("/v1/incidents?kidn=raid", "kidn"),
        ("/v1/incidents?release=9", "from 1 to 2"),
        (f"{FERRY}?release=newest", "from 1 to 2"),
        (f"{FERRY}?kind=raid", "kind"),
        ("http://[", "no address"),
        ("", "url"),
    ],
)
def test_what_cannot_be_cited_is_said(client: TestClient, url: str, why: str) -> None:
    answer = client.get("/v1/cite", params={"url": url})
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["errors"]
    assert error["parameter"] == "url"
    assert why in error["detail"]
    assert not url or "The newest release is 2." in error["detail"] or "to 2, the newest." in error["detail"]


def test_what_is_gone_and_what_was_merged_answer_as_they_do_themselves(client: TestClient) -> None:
    assert client.get("/v1/cite", params={"url": "/v1/quotes/guard-turn-back"}).status_code == 410
    moved = client.get("/v1/cite", params={"url": "/v1/incidents/boat-stopped"}, follow_redirects=False)
    assert moved.status_code == 308
    assert client.get(moved.headers["location"]).json()["data"]["url"] == f"{BASE}{FERRY}?release=2"
    assert problem(client, "/v1/cite")["errors"][0]["parameter"] == "url"
