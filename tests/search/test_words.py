"""What people type and what is printed: forms, spellings, scripts and marks of words."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.ingest.seed.files import Mapping
from app.search.folding import fold, letters
from app.search.stems import ENGLISH, stems
from app.search.terms import index_text, parse_query, snippet, terms
from tests import sample
from tests.answers import body
from tests.conftest import NewDatabase, load_seed, serving
from tests.sample import ARTICLE, INCIDENTS, record
from tests.search.test_search import listed, matches

QUESTIONS = [
    # Other forms of a word than the one that is printed.
    ("renegotiate", "incident/us-iraq-june-2020-talks"),
    ("Canadian", "statement/security-forces-americans-crossed-to-island"),
    ("boats island", "statement/security-forces-americans-crossed-to-island"),
    ("snipers", "statement/security-forces-americans-crossed-to-island"),
    ("helicopters humvees", "incident/nasr-helicopter-raid"),
    ("withdrawal", "incident/k1-withdrawal"),
    ("withdrawing from K1", "incident/base-withdrawals"),
    ("troop withdrawals", "incident/withdrawal-calls"),
    ("evacuating trainers", "incident/trainer-evacuation"),
    ("shepherds killed", "incident/khatuniya-killings"),
    ("sweeping operations", "incident/large-sweeps-kirkuk"),
    ("abducted boy", "incident/khatuniya-boy-abduction"),
    ("tunnel", "incident/kanoos-island-raid"),
    ("contractors", "incident/kanoos-island-raid"),
    ("grenade launchers", "statement/weapons-expert-40mm-casings"),
    ("weapons experts", "incident/kanoos-grenade-fire"),
    ("negotiations", "incident/us-iraq-june-2020-talks"),
    ("explosions depots", "incident/pmf-depot-blasts"),
    ("blast Israel", "statement/us-denies-depot-blasts"),
    ("denied blasts", "statement/us-denies-depot-blasts"),
    ("convoys blocked", "incident/convoy-blocks"),
    ("flight permissions", "incident/roz-expansion"),
    ("translators wounded", "incident/kubaiba-raid"),
    ("interpreters", "incident/dub-house-detention"),
    ("handcuffing blindfold nephews", "statement/khalaf-account-of-house-raid"),
    ("villager suspects Americans", "statement/villagers-suspected-americans"),
    ("pandemics", "incident/trainer-evacuation"),
    ("journalist", "statement/no-media-on-operations"),
    ("farmer", "statement/farming-herding-curtailed-2018"),
    # What is said only by an id, a kind, a role or a topic.
    ("Suleimani assassination", "incident/suleimani-muhandis-assassination"),
    ("shelling", "incident/kanoos-aerial-shelling"),
    ("kidnapping", "incident/riyadh-2018-kidnappings"),
    ("airspace", "incident/airspace-restrictions"),
    ("access denials", "incident/badr-convoy-block"),
    ("targeted killings", "incident/suleimani-muhandis-assassination"),
    ("photographer", "person/simona-foltyn"),
    ("militias", "organization/badr"),
    ("forecasts", "statement/forecast-permanent-troop-reduction"),
    ("civilian impact", "statement/villagers-night-watch-2018"),
    ("kubaiba-raid", "incident/kubaiba-raid"),
    # British and American spellings.
    ("armored", "incident/kanoos-grenade-fire"),
    ("armor", "statement/american-vehicle-reportedly-fired"),
    ("Badr Organisation", "organization/badr"),
    ("organised", "organization/badr"),
    # Other names for what a record names.
    ("ISIS sleeper", "incident/kubaiba-sleeper-attacks"),
    ("Daesh kidnappings", "incident/riyadh-2018-kidnappings"),
    ("soleimani assassination", "incident/suleimani-muhandis-assassination"),
    ("CTS wounded", "incident/kubaiba-raid"),
    ("Qanus contractor", "incident/kanoos-island-raid"),
    ("Ninewa raid", "incident/kanoos-island-raid"),
    ("ISF lockdown", "statement/lockdown-redeployment"),
]


@pytest.mark.parametrize(("asked", "record"), QUESTIONS)
def test_what_people_type_first_finds_its_record(client: TestClient, asked: str, record: str) -> None:
    answer = body(client, f"/v1/search?q={asked.replace(' ', '+')}&limit=100")
    assert not answer["meta"]["partial"]
    assert record in [f"{hit['type']}/{hit['id']}" for hit in answer["data"]]


@pytest.mark.parametrize(
    "forms",
    [
        "raid raids raided raiding",
        "armour armor armoured armored",
        "centre center centres centers centred centered",
        "theatre theaters",
        "kilometre kilometers",
        "organise organize organising organization organisations",
        "analyse analyzed",
        "defence defense",
        "licence licensed",
        "harbour harbors",
        "dialogue dialogs",
        "programme programs",
        "manoeuvre maneuvers manoeuvred maneuvering manoeuvring",
        "travelled traveling",
        "grey gray",
        "ploughed plow",
        "haemorrhage hemorrhages",
        "Raqqa Raqqah",
        "Nasiriyah Nasiriya Nasiriyya Nasiria",
    ],
)
def test_forms_and_spellings_of_a_word_are_one(forms: str) -> None:
    assert len({stems(ENGLISH)[letters(form)] for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "words", ["prize prise", "four for", "policy police", "civil civilian", "hour hor", "coal col"]
)
def test_different_words_stay_apart(words: str) -> None:
    one, other = map(stems(ENGLISH).__getitem__, words.split())
    assert one != other


ALIKE = [
    ("raíd", "ra\u0301id"),
    ("Zürich", "Zu\u0308rich"),
    ("Zürich", "zurich"),
    ("مُحَمَّد", "محمد"),
    ("كتـــاب", "كتاب"),
    ("الموصل", "موصل"),
    ("بالموصل", "موصل"),
    ("للموصل", "الموصل"),
    ("أربيل", "اربيل"),
    ("إدلب", "ادلب"),
    ("آمد", "امد"),
    ("الرقة", "الرقه"),
    ("مدرسة", "مدرسه"),
    ("یزد", "يزد"),
    ("کرمانشاه", "كرمانشاه"),
    ("مصطفى", "مصطفي"),
    ("مسؤول", "مسوول"),
    ("کەرکووک", "كهركووك"),
    ("می\u200cروند", "میروند"),
    ("שָׁלוֹם", "שלום"),
    ("Łódź", "lodz"),
    ("Søndre", "sondre"),
    ("Đặng", "dang"),
    ("Ħamrun", "hamrun"),
    ("Þingvellir", "thingvellir"),
    ("Reykjavík að", "reykjavik ad"),
    ("Ærø", "aero"),
    ("Œuvre", "oeuvre"),
    ("Straße", "strasse"),
    ("Diyarbakır", "diyarbakir"),
    ("DİYARBAKIR", "diyarbakir"),
    ("Iğdır", "igdir"),
    ("Қарағанды", "караганды"),
    ("Ґонта", "гонта"),
    ("Орёл", "орел"),
    ("Άθως", "αθωσ"),
    ("dis\u00adarm", "disarm"),
    ("check\u200bpoint", "checkpoint"),
    ("block\u2060ade", "blockade"),
    ("\ufefftruce", "truce"),
    ("de\u034famp", "deamp"),
    ("ｔｒｕｃｅ", "truce"),
    ("oﬃcial", "official"),
    ("٢٠١٩", "2019"),
    ("۲۰۱۹", "2019"),
    ("क़लम", "कलम"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_readers_leave_out_makes_no_difference(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []
    for form in ("NFC", "NFD"):
        assert terms(unicodedata.normalize(form, one)) == terms(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("कुल", "कल"), ("が", "か"), ("กิน", "กัน"), ("мой", "мои"), ("الله", "له"), ("والد", "د"), ("ß", "s")],
)
def test_letters_and_their_parts_do(one: str, other: str) -> None:
    assert terms(one) != terms(other)


def test_a_mark_does_not_end_a_word() -> None:
    assert terms("مُحَمَّد في المَوصِل") == ["محمد", "في", "موصل"]
    assert terms("हिंदी भाषा") == ["हिंदी", "भाषा"]
    assert fold("  Łódź  ÆRØ ") == "lodz aero"


@pytest.fixture(scope="module")
def many_scripts(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Each spelling in the title of an incident of its own."""
    files = sample.small()
    for number, (printed, _) in enumerate(ALIKE):
        files[INCIDENTS].append(_incident(f"event-{number}", f"Report on {printed} by night"))
    files[INCIDENTS].append(_incident("hindi", "Report in हिंदी by night"))
    url = new_database()
    load_seed(url, sample.write(files, tmp_path_factory.mktemp("scripts")))
    with serving(url) as client:
        yield client


def _incident(id_: str, title: str) -> Mapping:
    evidence = [sample.proof("what", "searched the mill")]
    texts = {"title": title, "summary": "Nothing else is known."}
    return {"id": id_, **texts, "kind": "threat", "granularity": "event", "evidence": evidence}


def test_every_spelling_finds_every_other(many_scripts: TestClient) -> None:
    """Through the index, by a list and by the search, with and without quotation marks."""
    for number, (printed, typed) in enumerate(ALIKE):
        for asked in (printed, f'"{typed}"'):
            answer = many_scripts.get("/v1/incidents", params={"q": asked, "limit": 100, "fields": "id"})
            assert f"event-{number}" in [one["id"] for one in answer.json()["data"]], (asked, answer.text)
    assert matches(many_scripts, "हिंदी") == ["incident/hindi"]
    assert matches(many_scripts, "हिं") == matches(many_scripts, "दी") == [], "marks end no word in the database either"


def test_a_snippet_marks_the_words_as_they_are_printed() -> None:
    def marked(text: str, asked: str) -> list[str]:
        return [piece.text for piece in snippet([text], parse_query(asked)) if piece.match]

    assert marked("Three raids; two were raided", "raiding") == ["raids", "raided"]
    assert marked("An armoured car", "armor") == ["armoured"]
    assert marked("in Zu\u0308rich and Zürich", "zurich") == ["Zu\u0308rich", "Zürich"]
    assert marked("قال مُحَمَّد في المَوصِل", "موصل محمد") == ["مُحَمَّد", "المَوصِل"]
    assert marked("the oﬃce of a minister", "office") == ["oﬃce"]
    assert marked("A raid, raids", '"raids"') == ["raids"]


def test_a_phrase_is_looked_for_as_it_stands(client: TestClient, small_client: TestClient) -> None:
    assert "incident/kanoos-grenade-fire" in matches(client, "armored vehicles")
    assert "incident/kanoos-grenade-fire" not in matches(client, '"armored vehicle"')
    assert "incident/kanoos-grenade-fire" in matches(client, '"ARMOURED vehicle"'), "case makes no difference"
    # A single word in quotation marks is no stem of another.
    assert matches(small_client, "guarding") == matches(small_client, "guard") != []
    assert matches(small_client, "guarded")
    assert not matches(small_client, '"guarded"')
    assert matches(small_client, "search -searches") == []
    assert matches(small_client, 'fire -"fired"')


def test_names_of_what_a_record_names_find_it(client: TestClient) -> None:
    """What a filter finds by an id, `q` finds by each of its names."""
    for organization in ("islamic-state", "cts", "pmf", "us-led-coalition"):
        named = body(client, f"/v1/organizations/{organization}")["data"]
        ids = set(listed(client, f"/v1/incidents?actor={organization}&limit=500"))
        own = {one["id"] for one in _with(client, organization)}
        assert own
        assert own <= ids
        for name in (named["name"], *(alias["name"] for alias in named["aliases"])):
            q = name.replace(" ", "+")
            assert own <= set(listed(client, f"/v1/incidents?q={q}&limit=500")), name
    assert set(listed(client, "/v1/incidents?q=ISIS")) == set(listed(client, "/v1/incidents?actor=islamic-state"))
    assert listed(client, "/v1/quotes?speaker=qassem-suleimani") == []
    assert listed(client, "/v1/statements?q=Daesh")
    assert listed(client, "/v1/people?q=Daesh")
    assert "two-cts-killed" not in listed(client, "/v1/casualties?q=Daesh")


def _with(client: TestClient, party: str) -> list[Mapping]:
    records = body(client, "/v1/incidents?limit=500")["data"]
    return [one for one in records if party in [actor["id"] for actor in one["actors"]]]


def test_an_alias_leads_to_what_was_loaded_before_it(database_url: str, tmp_path: Path) -> None:
    """The records that name a place do not change with it, but what they are found by does."""
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        assert listed(client, "/v1/incidents?q=Porttown") == []
        before = {one["id"]: one for one in body(client, "/v1/incidents")["data"]}
        record(files, "places.yaml", "orsa")["aliases"].append({"name": "Porttown", "basis": "editorial"})
        load_seed(database_url, sample.write(files, tmp_path))
        at_orsa = listed(client, "/v1/incidents?place=orsa")
        assert sorted(listed(client, "/v1/incidents?q=Porttown")) == sorted(at_orsa) != []
        assert {one["id"]: one for one in body(client, "/v1/incidents")["data"]} == before, "no record has changed"
        record(files, "places.yaml", "orsa")["aliases"].pop()
        load_seed(database_url, sample.write(files, tmp_path))
        assert listed(client, "/v1/incidents?q=Porttown") == []


def test_words_are_stemmed_in_the_language_of_their_article(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    files[f"articles/{ARTICLE}/article.yaml"]["language"] = "de-AT"
    record(files, INCIDENTS, "mill-search")["title"] = "Durchsuchungen in den Wohnungen am Fluß"
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        for asked in ("durchsuchung", "Wohnung", "Flusse", '"den Wohnungen"', "Wohnungen -Wald"):
            assert listed(client, f"/v1/incidents?q={asked}") == ["mill-search"], asked
            assert matches(client, asked) == ["incident/mill-search"]
        assert listed(client, "/v1/incidents?q=Wohnung+-Durchsuchung") == []


def test_where_nothing_has_all_words_those_with_most_are_shown(client: TestClient, small_client: TestClient) -> None:
    answer = body(client, "/v1/search?q=police+checkpoint+strike+zeppelin&limit=100")
    assert answer["meta"]["partial"]
    assert answer["meta"]["matched"] == len(answer["data"]) > 0
    whole = matches(client, "police checkpoint strike")
    assert [f"{hit['type']}/{hit['id']}" for hit in answer["data"]] == whole
    assert any(piece["match"] for hit in answer["data"] for piece in hit["snippet"])
    assert matches(small_client, "ferry mill miller") == ["incident/mill-search"], "two of three, whichever they are"
    assert set(matches(small_client, "ferry boat")) == {
        "article/lind-ash-river",
        "incident/ferry-shooting",
        "incident/boat-stopped",
    }
    # What is excluded stays out, a single word has no part, and lists have all or nothing.
    assert not set(matches(client, "police zeppelin -checkpoint")) & set(matches(client, "checkpoint"))
    assert body(client, "/v1/search?q=zeppelin")["meta"]["partial"] is False
    assert listed(client, "/v1/incidents?q=police+zeppelin") == []


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        ("Kirkook", "kirkuk"),
        ("Kerkuk", "kirkuk"),
        ("Sulaimani", "suleimani"),
        ("kano", "kanoos"),
        ("Khatunya", "khatuniya"),
        ("assasination", "assassination"),
        ("Kerkuk raids", "kirkuk raids"),
        ('"Kerkuk province"', '"kirkuk province"'),
        ("Khatunya*", "khatuniya*"),
        ("Kerkuk -raid", "kirkuk -raid"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest_known_one(client: TestClient, asked: str, value: str) -> None:
    answer = client.get("/v1/search", params={"q": asked}).json()
    suggested = answer["meta"]["did_you_mean"]
    assert {"parameter": "q", "value": value} == {key: suggested[0][key] for key in ("parameter", "value")}
    for one in suggested:
        again = client.get("/v1/search", params={"q": one["value"]}).json()["meta"]
        assert again["matched"] == one["matched"] > 0
        assert not again["partial"]
        assert again["did_you_mean"] is None


def test_lists_answer_a_misspelt_word_too(client: TestClient) -> None:
    (suggested, *_) = body(client, "/v1/incidents?q=Kerkuk&kind=joint_raid")["meta"]["did_you_mean"]
    assert (suggested["parameter"], suggested["value"]) == ("q", "kirkuk")
    again = body(client, f"/v1/incidents?q={suggested['value']}&kind=joint_raid")
    assert again["meta"]["matched"] == suggested["matched"] > 0
    assert body(client, "/v1/people?q=Sulaimani")["meta"]["did_you_mean"][0]["value"] == "suleimani"
    # Nothing is suggested for a word that is known, or where what is suggested would find nothing either.
    for asked in ("/v1/quotes?q=kubaiba", "/v1/incidents?q=Kerkuk&datetime=1950", "/v1/incidents?q=xqzwvk"):
        meta = body(client, asked)["meta"]
        assert (meta["matched"], meta["did_you_mean"]) == (0, None)


def test_suggestions_follow_the_releases(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        assert body(client, "/v1/search?q=granery")["meta"]["did_you_mean"] is None
        record(files, INCIDENTS, "mill-search")["title"] = "Search of the granary in Orsa"
        load_seed(database_url, sample.write(files, tmp_path))
        assert body(client, "/v1/search?q=granery")["meta"]["did_you_mean"][0]["value"] == "granary"


def test_the_article_before_a_name_makes_no_difference(client: TestClient) -> None:
    for asked in ("ar-Ruz", "ar Ruz"):
        assert parse_query(asked).phrases[0].terms == ("ruz",)
    assert parse_query("ash-Sharqat").phrases[0].terms == ("sharqat",)
    assert parse_query("an Orsa").phrases[0].terms == ("an",), "the English one is left alone"
    assert parse_query('"ar Ruz"').phrases[0].terms == ("ar", "ruz")
    assert matches(client, "ar-Riyadh district") == matches(client, "riyadh district") != []


def test_texts_of_a_record_are_read_at_once_as_they_are_one_by_one() -> None:
    plain = ["Raids near K1.", "Al Hawija", "", "Two were held; al-Qaim"]
    found = index_text(plain, ["raid", "al"], ["en"])
    assert found == "raids near k1 _ hawija _ _ two were held qaim __ raid"
    assert index_text([], ["ferry", "killed"], ["en"]) == "__ ferri __ kill", (
        "without texts nothing stands before the mark"
    )
    assert index_text([*plain, "Kan'us"], ["raid", "al"], ["en"]) == (
        "raids near k1 _ hawija _ _ two were held qaim _ kanus __ raid"
    )
