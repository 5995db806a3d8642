"""The front page and the incident pages as HTML, without scripts."""

import gzip
import html
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.api.html_pages import WEB
from app.api.site.texts import html_date, texts
from tests.conftest import load_seed, serving
from tests.sample import INCIDENTS, merged, record, small, write


def text(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", page))


def test_the_list_is_there_without_scripts(client: TestClient) -> None:
    """All of it, page after page."""
    page, listed = client.get("/").text, ""
    assert "24 of 42 incidents" in page
    while more := re.search(r'id="more" rel="next" href="([^"]+)"', page):
        listed, page = listed + page, client.get(html.unescape(more[1])).text
    listed += page
    for incident in client.get("/v1/incidents?limit=500&fields=title").json()["data"]:
        assert incident["title"] in text(listed)
        assert f'href="/incidents/{incident["id"]}"' in listed


def test_figures_and_quotes_are_there_without_scripts(client: TestClient) -> None:
    page = client.get("/").text
    shown = " ".join(text(page).split())
    assert "14–26 killed" in shown
    assert "13 or more wounded" in shown
    claims = client.get("/v1/casualties?outcome=killed&limit=500").json()["data"]
    for span in (span for claim in claims for span in claim["evidence"]):
        assert html.escape(span["url"]) in page
    quote = client.get("/v1/quotes/al-soofy-raids-and-isis").json()["data"]
    (card,) = (one for one in re.findall(r"<figure.*?</figure>", page, re.DOTALL) if quote["text"] in text(one))
    assert "intelligence officer, local intelligence service" in " ".join(text(card).split()), "who the speaker is"
    assert quote["incidents"][0]["label"] in text(card), "what it is about"
    assert "(October 2018 to March 2020)" in text(card), "when that was"


def test_filters_work_without_scripts(client: TestClient) -> None:
    page = client.get("/?q=&kind=air_attack&actor=&place=&datetime=").text
    actual = {one["id"] for one in client.get("/v1/incidents?kind=air_attack").json()["data"]}
    assert set(re.findall(r'<li class="incident" id="([^"]+)"', page)) == actual
    assert "/v1/incidents?kind=air_attack" in page
    assert re.search(r'value="air_attack" selected', page)


def test_pages_go_on_without_scripts(client: TestClient) -> None:
    first = client.get("/?limit=30").text
    more = re.search(r'id="more" rel="next" href="([^"]+)"', first)
    assert more is not None
    second = client.get(html.unescape(more[1])).text
    ids = [re.findall(r'<li class="incident" id="([^"]+)"', page) for page in (first, second)]
    assert len(ids[0]) == 30
    assert len(ids[1]) == 12
    assert not set(ids[0]) & set(ids[1])


def test_a_wrong_address_is_explained(client: TestClient) -> None:
    answer = client.get("/?kidn=x")
    assert answer.status_code == 400
    assert "Did you mean 'kind'?" in text(answer.text)
    assert client.get("/incidents/nope").status_code == 404
    assert "There is no incident 'nope'" in text(client.get("/incidents/nope").text)


def test_an_operation_tells_what_befell_people_in_its_parts(client: TestClient) -> None:
    shown = " ".join(text(client.get("/incidents/dub-operation").text).split())
    assert "2 wounded in its parts" in shown
    assert "3 detained in its parts" in shown
    assert "Nobody is said to have been hurt" not in shown
    assert "1 killed in its parts" in " ".join(text(client.get("/?q=dub").text).split())


def test_an_incident_page_tells_everything(client: TestClient) -> None:
    answer = client.get("/incidents/kubaiba-raid")
    incident = client.get("/v1/incidents/kubaiba-raid?include=statements,quotes").json()
    page, shown = answer.text, text(answer.text)
    assert f"<title>{html.escape(incident['data']['title'])} – Dateline</title>" in page
    assert f'<meta name="description" content="{html.escape(incident["data"]["summary"])}">' in page
    for claim in incident["data"]["casualties"]:
        assert all(html.escape(span["url"]) in page for span in claim["evidence"])
    for place in incident["data"]["places"]:
        assert place["name"] in shown
    for actor in incident["data"]["actors"]:
        assert actor["label"] in shown
    for statement in incident["included"]["statements"]:
        assert statement["gist"] in shown
    for quote in incident["included"]["quotes"]:
        assert quote["text"] in shown
    for one in incident["included"]["statements"]:
        for other in one["contradicts"]:
            against = client.get(f"/v1/{other['type']}s/{other['id']}").json()["data"]
            assert (against["gist"] if other["type"] == "statement" else against["text"]) in shown
        for other in one["contradicted_by"]:
            assert client.get(f"/v1/statements/{other}").json()["data"]["gist"] in shown
    assert any(one["contested"] for one in incident["included"]["statements"])
    assert "up to 12" in shown
    assert 'href="/places/kubaiba"' in page
    assert 'href="/organizations/cts"' in page
    assert "/v1/incidents/kubaiba-raid/history" in page


def test_what_is_said_about_an_incident_is_all_there(client: TestClient) -> None:
    """The page asks by subject, the record lists ids: both mean the same statements."""
    for incident in client.get("/v1/incidents?limit=500&fields=statements").json()["data"]:
        about = client.get(f"/v1/statements?about={incident['id']}&limit=500").json()["data"]
        assert {one["id"] for one in about} == {one["id"] for one in incident["statements"]}


def test_an_incident_page_shows_its_history(database_url: str, tmp_path: Path) -> None:
    files = small()
    load_seed(database_url, write(files, tmp_path))
    record(files, INCIDENTS, "mill-search")["title"] = "The mill is searched"
    load_seed(database_url, write(files, tmp_path))
    with serving(database_url) as client:
        shown = " ".join(text(client.get("/incidents/mill-search").text).split())
        first, second = client.get("/v1/incidents/mill-search/history").json()["data"]
        assert f"Release 1 , {texts().date(first['at'][:10])} : added, version 1" in shown
        assert f"Release 2 , {texts().date(second['at'][:10])} : changed, version 2" in shown


def test_counts_stand_beside_who_says_so(small_client: TestClient) -> None:
    page = small_client.get("/incidents/ferry-shooting").text
    rows = [" ".join(text(row).split()) for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)]
    assert rows[1].startswith("the article 2 killed civilians stated paragraph 1 number")
    assert rows[2].startswith("Ida Falk 3 or more wounded civilians claimed paragraph 1 number")
    assert "2 killed 3 or more wounded" in " ".join(text(page).split())


def test_links_show_what_they_lead_to(client: TestClient) -> None:
    page = client.get("/?kind=air_attack&place=iraq").text
    response = client.get("/v1/incidents?kind=air_attack&place=iraq").json()["meta"]["matched"]
    headline = client.get("/v1/articles").json()["data"][0]["title"]
    assert f"<title>air attack, Iraq – {html.escape(headline)}</title>" in page
    assert f'<meta property="og:description" content="{response} incident' in page
    incident = client.get("/incidents/kubaiba-raid").text
    for name in ("title", "description"):
        (content,) = re.findall(f'<meta property="og:{name}" content="([^"]+)">', incident)
        assert len(content) > 20


def test_a_search_for_nothing_says_so(client: TestClient) -> None:
    page = client.get("/?q=zzzz").text
    assert "Nothing in the reporting matches." in page
    assert 'id="empty"' in page
    assert "lies between 1 January 2014 and" in text(page), "where there is something"
    assert "incident-card" not in page
    assert 'class="incident"' not in page
    assert 'id="empty"' not in client.get("/").text


def offered(page: str, name: str) -> set[str]:
    menu = re.search(rf'<select name="{name}">(.*?)</select>', page)
    assert menu
    return set(re.findall(r'<option value="([^"]+)"', menu[1]))


def test_the_form_offers_what_the_view_has(client: TestClient) -> None:
    """A list offers what else it could be; the others stand as they are."""
    page = client.get("/?kind=joint_raid").text
    raids = client.get("/v1/incidents?kind=joint_raid&limit=500").json()["data"]
    assert {one["kind"] for one in client.get("/v1/incidents?limit=500").json()["data"]} == offered(page, "kind")
    counted = client.get("/v1/facets?of=incidents&facet=place&kind=joint_raid").json()["data"]["place"]["buckets"]
    assert offered(page, "place") == {one["value"] for one in counted if one["value"]}
    assert offered(page, "place") < offered(client.get("/").text, "place")
    assert offered(page, "actor") <= {actor["id"] for one in raids for actor in one["actors"]} | offered(page, "actor")


def test_filters_that_the_form_lacks_stay(client: TestClient) -> None:
    page = client.get("/?bbox=43,35,44,36&kind=joint_raid&kind=air_attack").text
    assert '<input type="hidden" name="bbox" value="43,35,44,36">' in page
    assert '<input type="hidden" name="kind" value="air_attack">' in page
    assert '<input type="hidden" name="kind" value="joint_raid">' not in page
    assert "bbox=43,35,44,36" in text(page)


def test_the_data_links_leave_out_what_a_format_does_not_take(client: TestClient) -> None:
    page = client.get("/?kind=joint_raid&limit=2&sort=date&count=exact&fields=title&include=quotes").text
    links = [html.unescape(url) for url in re.findall(r'data-suffix="[^"]*" href="([^"]+)"', page)]
    assert len(links) == 6
    for link in links:
        assert client.get(link).status_code == 200, link
    assert 'class="incident"' in page


def test_pages_have_no_inline_script_or_style(client: TestClient) -> None:
    for path in ("/", "/?q=zzzz", "/?kidn=x", "/incidents/kubaiba-raid", "/incidents/nope"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", answer.text), path
        assert not re.search(r'(?:src|<link rel="(?:icon|stylesheet)"[^>]*href)="(?!/)', answer.text), path


def test_every_incident_has_its_page(client: TestClient) -> None:
    for incident in client.get("/v1/incidents?limit=500&fields=title").json()["data"]:
        answer = client.get(f"/incidents/{incident['id']}")
        assert answer.status_code == 200
        assert incident["title"] in text(answer.text)


def test_hostile_words_stay_words(database_url: str, tmp_path: Path) -> None:
    files = small()
    record(files, INCIDENTS, "mill-search")["title"] = '<script>alert(1)</script> & "friends"'
    load_seed(database_url, write(files, tmp_path))
    with serving(database_url) as client:
        for page in (client.get("/").text, client.get("/incidents/mill-search").text):
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert(1)" in page


def test_a_merged_incident_leads_on(database_url: str, tmp_path: Path) -> None:
    load_seed(database_url, write(small(), tmp_path))
    load_seed(database_url, write(merged(), tmp_path))
    with serving(database_url) as client:
        answer = client.get("/incidents/mill-search")
        assert (answer.status_code, answer.headers["location"]) == (308, "/incidents/ferry-shooting")


@pytest.mark.parametrize(
    ("edtf", "words"),
    [
        ("2019-04-19", "19 April 2019"),
        ("2019-04", "April 2019"),
        ("2019", "2019"),
        ("2019?", "2019 (uncertain)"),
        ("2018-10~", "about October 2018"),
        ("2018-10~/2019-03~", "about October 2018 to about March 2019"),
        ("2018/..", "from 2018 on"),
        ("../2017", "until 2017"),
        ("[2020-01..2020-03]", "between January 2020 and March 2020"),
        ("[..2020-05]", "May 2020 or earlier"),
        ("[2018..]", "2018 or later"),
        ("2018/", "from 2018 on"),
        ("[2019-04-18,2019-04-19,2019-04-20]", "18 April 2019, 19 April 2019 or 20 April 2019"),
        ("[2018,2020?]", "2018 or 2020 (uncertain)"),
        ("[2018,201X]", "[2018,201X]"),
        ("../..", "../.."),
        ("201X", "201X"),
        ("2019-21", "2019-21"),
    ],
)
def test_dates_as_people_say_them(edtf: str, words: str) -> None:
    assert texts().date(edtf) == words


@pytest.mark.parametrize(
    ("edtf", "moment"),
    [
        ("2019-04-19", "2019-04-19"),
        ("2019-04", "2019-04"),
        ("2019", "2019"),
        *((one, None) for one in ("2019~", "2019/2020", "../2017", "[2018,2019]", "201X", "2019-21?")),
    ],
)
def test_only_what_html_has_a_form_for_is_a_machine_readable_date(edtf: str, moment: str | None) -> None:
    assert html_date(edtf) == moment


def test_dates_on_pages_are_valid_html(client: TestClient) -> None:
    """The element `time` takes no intervals."""
    pages = "".join(
        client.get(path).text for path in ("/?limit=100", "/incidents/kubaiba-raid", "/incidents/dub-operation")
    )
    moments = re.findall(r'<time datetime="([^"]*)"', pages)
    assert {"2019-08-10", "2019"} <= set(moments)
    written = [one for one in moments if not re.fullmatch(r"\d{4}(-\d\d(-\d\d(T[\d:.]+Z)?)?)?", one)]
    assert written == []


def test_pages_print_labels_of_the_codebook(client: TestClient) -> None:
    """Which are no values with their underscores taken out: `access_denial` is called "access denied"."""
    shown = text(client.get("/?kind=access_denial").text.partition('id="list"')[2])
    assert "access denied" in shown
    assert "access denial" not in shown
    incident = client.get("/v1/incidents?kind=access_denial&limit=1").json()["data"][0]
    page = text(client.get(f"/incidents/{incident['id']}").text)
    vocabularies = client.get("/v1/codebook").json()["data"]["vocabularies"]
    for vocabulary, links in (
        ("incident.places.role", incident["places"]),
        ("incident.actors.role", incident["actors"]),
    ):
        labels = {one["value"]: one["label"] for one in vocabularies[vocabulary]["values"]}
        assert links
        assert all(labels[link["role"]] in page for link in links)


def test_an_open_end_is_said_to_be_not_stated(client: TestClient) -> None:
    """Beside what filters take there, which nobody reported."""
    flight = " ".join(text(client.get("/incidents/kubaiba-frontline-flight").text).split())
    assert "until 2017, start not stated" in flight
    assert "Not stated. Filters take 1 January 2014 for its start. The year that the article gives" in flight
    raid = text(client.get("/incidents/kubaiba-raid").text)
    assert "start not stated" not in raid
    assert "Filters take" not in raid


def test_everything_together_is_small() -> None:
    """Under 150 kB gzipped: scripts, styles, outlines and templates, the pages of the docs included but for guides. Of
    the map only the whole world: its squares are loaded where they are looked at."""
    every = [path for path in WEB.rglob("*") if path.is_file() and path.suffix != ".md"]
    files = [path for path in every if path.parent.name != "map" or path.stem == "world"]
    assert {".js", ".css", ".json", ".html", ".svg", ".ts"} == {path.suffix for path in files}
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 150_000
