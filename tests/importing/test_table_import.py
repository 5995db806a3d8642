"""What rows of a table become, and what becomes of those that contradict themselves or others."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from app.importing.table_import import TableImport
from app.importing.tables import TableError
from app.ingest.building.pipeline import check, dossier, scan
from app.ingest.release.verifying import ArticleFile, verify
from app.ingest.seed.reading import Dossier, DossierError
from tests import sample
from tests.importing.invented import MAP, import_rows, imported, mistakes, row, write_map, write_table


def test_a_row_becomes_an_incident_with_all_that_it_names(tmp_path: Path) -> None:
    cells = {"latitude": "60.5", "longitude": "14.5", "side": "River Guards", "sources": "Courier; Wire"}
    records = imported(tmp_path, row(7, **cells))
    incident = records.incidents["log-7"].seed
    assert incident.title == "Shots near Orsa"
    assert incident.date is not None
    assert incident.date.edtf == "2021-03-04"
    assert [(link.id, link.role) for link in incident.places] == [("orsa", "scene")]
    assert [link.id for link in incident.actors] == ["river-guards"]
    claim = records.casualties["log-7-killed"].seed
    assert (claim.low, claim.best, claim.high) == (1, 2, 3)
    assert claim.documents == ["courier", "wire"]
    assert records.organizations["river-guards"].seed.name == "River Guards"
    coordinate = records.places["orsa"].seed.coordinate
    assert coordinate is not None
    assert (coordinate.latitude, coordinate.longitude, coordinate.radius_m) == (60.5, 14.5, 5000)


def test_what_a_row_does_not_say_is_not_there(tmp_path: Path) -> None:
    records = imported(tmp_path, row(1, day="", best="", high=""))
    incident, claim = records.incidents["log-1"].seed, records.casualties["log-1-killed"].seed
    assert (incident.date, incident.actors, claim.documents) == (None, [], [])
    assert (claim.low, claim.best, claim.high) == (1, None, None)
    assert records.places["orsa"].seed.coordinate is None
    assert not records.organizations


def test_a_row_without_figures_does_not_say_that_somebody_was_harmed(tmp_path: Path) -> None:
    """A claim without a number would say so. 0 is a number, and one that a map may turn into nothing."""
    rows = [row(1, low="", best="", high=""), row(2, low="", best="0", high="")]
    records = imported(tmp_path, *rows)
    assert list(records.casualties) == ["log-2-killed"]
    assert records.casualties["log-2-killed"].seed.best == 0


def test_every_record_rests_on_its_row_and_links_lead_there(tmp_path: Path) -> None:
    """Whoever has the table can verify it: the rows are the paragraphs, and ids that begin alike lead apart."""
    rows = [row(1, side="Guards"), row(12, side="Guards"), row(2, sources="log-1; log_12"), row(121)]
    import_rows(tmp_path, *rows, rows=tmp_path / "texts")
    with scan(tmp_path / "seed") as pipeline:
        result = verify(pipeline, [ArticleFile(tmp_path / "texts" / "river-log.txt")])
    assert (result.errors, result.file_errors) == ([], [])
    assert result.spans == result.of > len(rows)
    evidence = dossier(tmp_path / "seed").incidents["log-12"].seed.evidence
    assert {(one.field, one.at.paragraph) for one in evidence} == {("what", 2), ("when", 2), ("where", 2), ("who", 2)}


def test_a_map_that_says_too_much_is_found_by_the_text(tmp_path: Path) -> None:
    """The passages are those of the table as it was: a cell that changes later does not verify."""
    import_rows(tmp_path, row(1), rows=tmp_path / "texts")
    text = tmp_path / "texts" / "river-log.txt"
    text.write_text(text.read_text("utf-8").replace("Orsa", "Ohra"), "utf-8")
    with scan(tmp_path / "seed") as pipeline:
        assert verify(pipeline, [ArticleFile(text)]).errors


def edtf_dates(records: Dossier) -> list[str | None]:
    dates = (one.seed.date for one in records.incidents.values())
    return [None if date is None else date.edtf for date in dates]


def test_a_date_keeps_the_precision_that_it_is_written_with(tmp_path: Path) -> None:
    dates = {
        "2021-03-04": "2021-03-04",
        "2021-03": "2021-03",
        "2021": "2021",
        "4 March 2021": "2021-03-04",
        "2021-03-04 00:00:00.000": "2021-03-04",
        "2021-03-04/2021-03-04": "2021-03-04",
        "2021-03-04/2021-03-09": "2021-03-04/2021-03-09",
        "2021-03-04 00:00:00.000/2021-03-09 00:00:00.000": "2021-03-04/2021-03-09",
        "24/03/2021": "2021-03-24",
        "2021~": "2021~",
    }
    records = imported(tmp_path, *(row(number, day=written) for number, written in enumerate(dates)))
    assert edtf_dates(records) == list(dates.values())


def test_a_date_that_can_be_read_two_ways_is_refused_until_the_map_says_how_it_is_written(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, row(1, day="03/04/2021"))
    assert mistake.startswith("log.csv:2: incident.date.edtf: '03/04/2021' is no date that can only be read in one way")
    columns = {**MAP["columns"], "day": {"of": "{day}", "date": "%d/%m/%Y"}}
    records = imported(tmp_path, row(1, day="03/04/2021"), map_={"columns": columns})
    assert edtf_dates(records) == ["2021-04-03"]


def test_a_date_that_is_less_exact_than_written_says_so(tmp_path: Path) -> None:
    """A week is any that the day may lie in: a table does not say with which day its weeks begin."""
    known_to = {"1": "day", "2": "week", "3": "month", "4": "year"}
    columns = {
        **MAP["columns"],
        "known_to": {"of": "{side}", "values": known_to},
        "day": {"of": "{day}", "precision": "{known_to}"},
    }
    rows = [row(number, side=side) for number, side in enumerate(["1", "2", "3", "4", ""])]
    records = imported(tmp_path, *rows, map_={"columns": columns, "organizations": []} | _no_actors())
    assert edtf_dates(records) == ["2021-03-04", "2021-02-26/2021-03-10", "2021-03", "2021", "2021-03-04"]


def _no_actors() -> dict[str, Any]:
    return {"incident": {**MAP["incident"], "actors": []}}


def test_figures_that_contradict_each_other_are_refused_row_by_row(tmp_path: Path) -> None:
    rows = [row(1), row(2, low="3", best="1", high="7"), row(3, low="9", best="", high="7"), row(4, best="8")]
    assert mistakes(tmp_path, *rows) == [
        "log.csv:3: log-2-killed: incident.casualties.0.best: the best figure 1 lies outside of the claim's 3 to 7",
        "log.csv:4: log-3-killed: incident.casualties.0.low: low is above high: 9 is more than 7",
        "log.csv:5: log-4-killed: incident.casualties.0.best: the best figure 8 lies outside of the claim's 1 to 3",
    ]


def test_figures_that_contradict_each_other_can_stand_beside_each_other(tmp_path: Path) -> None:
    """Each says what it says by itself, of the same people, and the harm is in dispute."""
    claims = imported(
        tmp_path, row(1), row(2, low="9", best="5", high="7"), map_={"contradictions": "alternatives"}
    ).casualties
    figures = {id_: (one.seed.low, one.seed.high, one.seed.harm) for id_, one in claims.items()}
    assert figures == {
        "log-1-killed": (1, 3, None),
        "log-2-killed-low": (9, None, "log-2-killed"),
        "log-2-killed-best": (5, 5, "log-2-killed"),
        "log-2-killed-high": (None, 7, "log-2-killed"),
    }
    note = claims["log-2-killed-low"].seed.note
    assert note == "As the log counts. The figures of the row contradict each other: low 9, best 5, high 7."


def test_refused_rows_are_written_with_their_reasons_and_leave_nothing_behind(tmp_path: Path) -> None:
    """Neither a place nor a paragraph of a refused row is there."""
    rows = [row(1), row(2, low="9", best="", high="7", town="Elk"), row(3, day="soon"), row(4)]
    result = import_rows(tmp_path, *rows, refused=tmp_path / "refused.csv")
    assert sorted(result.refused) == [3, 4]
    assert (result.rows, result.counts["incidents"]) == (4, 2)
    records = dossier(tmp_path / "seed")
    assert sorted(records.incidents) == ["log-1", "log-4"]
    assert sorted(records.places) == ["orsa"]
    assert len(records.articles["river-log"].seed.paragraphs) == 2
    with (tmp_path / "refused.csv").open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    assert [(one["line"], one["nr"], one["town"]) for one in told] == [("3", "2", "Elk"), ("4", "3", "Orsa")]
    assert "low is above high: 9 is more than 7" in told[0]["mistakes"]


def test_where_all_rows_are_refused_nothing_is_imported(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"log\.csv: all 2 rows are refused, so nothing is imported"):
        import_rows(tmp_path, row(1, low="9"), row(2, day="soon"), refused=tmp_path / "refused.csv")
    assert (tmp_path / "refused.csv").read_text("utf-8").count("\n") == 3
    assert not (tmp_path / "seed").exists()


def test_a_mistake_between_records_refuses_its_row(tmp_path: Path) -> None:
    """What only shows beside all other records is told by the row of the table, too."""
    (mistake,) = mistakes(tmp_path, row(1), row(2, day="2023-05-01"))
    assert mistake.startswith("log.csv:3: log-2: date.edtf: '2023-05-01' is after 2022-01-01, when this was published")
    result = import_rows(tmp_path, row(1), row(2, day="2023-05-01"), row(3), refused=tmp_path / "refused.csv")
    assert sorted(result.refused) == [3]
    assert sorted(dossier(tmp_path / "seed").incidents) == ["log-1", "log-3"]


def test_the_same_mistake_in_many_rows_is_told_once(tmp_path: Path) -> None:
    told = mistakes(tmp_path, *(row(number, low="many") for number in range(1, 9)))
    assert told == [
        "log.csv:2: log-1-killed: incident.casualties.0.low: 'many': this is a whole number, written in digits "
        "(and in 7 other rows)"
    ]


def test_two_rows_with_one_id_are_refused(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, row(1), row(1))
    assert mistake == "log.csv:3: incident.id: 'log-1' is the id of the row in line 2 already"


def test_one_place_with_several_coordinates_is_one_as_far_as_its_radius(tmp_path: Path) -> None:
    """Points close by are the same place; far away it is another place of that name, and never a point in between."""
    rows = [
        row(1, latitude="60.5", longitude="14.5"),
        row(2, latitude="60.52", longitude="14.5"),
        row(3, latitude="61.5", longitude="14.5"),
        row(4),
        row(5, latitude="61.5", longitude="14.5"),
    ]
    result = import_rows(tmp_path, *rows)
    records = dossier(tmp_path / "seed")
    points = {id_: one.seed.coordinate for id_, one in records.places.items()}
    assert {id_: point and point.latitude for id_, point in points.items()} == {
        "orsa": 60.5,
        "orsa-61-500n-14-500e": 61.5,
    }
    assert [one.seed.places[0].id for one in records.incidents.values()] == [
        *("orsa", "orsa", "orsa-61-500n-14-500e", "orsa", "orsa-61-500n-14-500e"),
    ]
    assert result.apart == {"orsa-61-500n-14-500e": "orsa"}


def test_another_spelling_of_a_name_becomes_an_alias(tmp_path: Path) -> None:
    place = imported(tmp_path, row(1, town="Al-Qa'im"), row(2, town="al Qaim"), row(3, town="Al Qaim"))
    assert [one.name for one in place.places["al-qaim"].seed.aliases] == ["al Qaim"]


def test_one_id_that_means_two_things_is_refused(tmp_path: Path) -> None:
    places = [{**MAP["places"][0], "kind": "{side}", "coordinate": {**MAP["places"][0]["coordinate"]}}]
    changed = {"places": places, "organizations": []} | _no_actors()
    (mistake,) = mistakes(tmp_path, row(1, side="town"), row(2, side="village"), map_=changed)
    assert mistake == (
        "log.csv:3: places.0.kind: 'orsa' has another 'kind' here than in line 2; "
        "tell them apart by more columns in the id"
    )


def test_sources_with_a_separator_inside_quotes_and_twenty_six_in_a_row(tmp_path: Path) -> None:
    sources = ['"Wire; evening edition"', *(f"Witness {number}" for number in range(25))]
    records = imported(tmp_path, row(1, sources="; ".join(sources)), row(2, sources="Witness 3;Witness 3"))
    assert len(records.documents) == 26
    assert records.documents["wire-evening-edition"].seed.label == "Wire; evening edition"
    assert len(records.casualties["log-1-killed"].seed.documents) == 26
    assert records.casualties["log-2-killed"].seed.documents == ["witness-3"]


def test_arabic_names_stay_and_get_lasting_ids(tmp_path: Path) -> None:
    records = imported(tmp_path, row(1, town="تلعفر", side="حراس النهر"), row(2, town="تلعفر"))
    ((place, entry),) = records.places.items()
    assert entry.seed.name == "تلعفر"
    assert place.isascii()
    assert {link.id for one in records.incidents.values() for link in one.seed.places} == {place}
    ((_, organization),) = records.organizations.items()
    assert organization.seed.name == "حراس النهر"


def test_an_article_for_each_source_each_rests_on_the_row(tmp_path: Path) -> None:
    """The first one reports the incident, and the others add to it."""
    article = {**MAP["article"], "id": "{source}", "title": "{source}"}
    rows = [row(1, sources="Courier; Wire"), row(2, sources="Wire")]
    records = imported(tmp_path, *rows, map_={"article": article})
    assert {id_: len(one.seed.paragraphs) for id_, one in records.articles.items()} == {"courier": 1, "wire": 2}
    assert {id_: one.article for id_, one in records.incidents.items()} == {"log-1": "courier", "log-2": "wire"}
    (extension,) = records.extensions
    assert (extension.seed.extends, extension.article) == ("log-1", "wire")


def test_an_article_says_the_same_in_each_row(tmp_path: Path) -> None:
    article = {**MAP["article"], "title": "Log of {town}"}
    (mistake,) = mistakes(tmp_path, row(1), row(2, town="Elk"), map_={"article": article})
    assert mistake == (
        "log.csv:3: river-log: article.title: this is 'Log of Elk', and in line 2 it is 'Log of Orsa'; "
        "it is one article"
    )


def test_a_second_import_replaces_the_first_and_keeps_what_others_wrote(tmp_path: Path) -> None:
    """Records of the seed stay as they are, a place that it knows is used, and what the table dropped is gone."""
    seed = sample.write(sample.small(), tmp_path / "seed")
    before = {path: path.read_bytes() for path in seed.rglob("*.yaml")}
    import_rows(tmp_path, row(1, side="Guards"), row(2, town="Elk"))
    import_rows(tmp_path, row(2), row(3, sources="Wire"))
    records = dossier(seed)
    assert {path: path.read_bytes() for path in before} == before
    assert {id_ for id_ in records.incidents if id_.startswith("log-")} == {"log-2", "log-3"}
    assert "elk" not in records.places
    assert "guards" not in records.organizations
    assert records.places["orsa"].source.file == "seed/places.yaml"
    assert "Each paragraph is a row of log.csv" in str(records.articles["river-log"].seed.note)


def evidence_articles(folder: Path, file: str) -> dict[str, list[str]]:
    lines = (folder / "seed" / file).read_text("utf-8").splitlines()
    return {one["id"]: [span["article"] for span in one["evidence"]] for one in map(json.loads, lines)}


def test_two_tables_share_what_they_name_and_each_keeps_it(tmp_path: Path) -> None:
    """What one of them drops later stays as long as the other names it."""
    import_rows(tmp_path, row(1, side="Guards"), row(2, side="Mill"))
    changed = {
        "article": {**MAP["article"], "id": "mill-log"},
        "incident": {**MAP["incident"], "id": "mill-{nr}", "casualties": []},
    }
    table = write_table(tmp_path / "mill.csv", [row(1, side="Guards", town="Elk")])
    TableImport.of(table, write_map(tmp_path / "mill.yaml", **changed), tmp_path / "seed").run()
    assert check(tmp_path / "seed")["incidents"] == 3
    assert evidence_articles(tmp_path, "organizations.jsonl") == {
        "guards": ["river-log", "mill-log"],
        "mill": ["river-log"],
    }
    import_rows(tmp_path, row(3, side="Mayor"))
    assert evidence_articles(tmp_path, "organizations.jsonl") == {"guards": ["mill-log"], "mayor": ["river-log"]}
    assert check(tmp_path / "seed")["incidents"] == 2


def test_a_table_of_another_name_with_the_same_articles_is_its_next_version(tmp_path: Path) -> None:
    """A dataset's files are named after its versions; what the next one has no more goes."""
    article = {**MAP["article"], "id": "log-{side}", "title": "Log of {side}"}
    import_rows(tmp_path, row(1, side="Guards"), row(2, side="Mill", town="Elk"), map_={"article": article})
    table = write_table(tmp_path / "log-2.csv", [row(3, side="Guards"), row(4, side="Mayor")])
    TableImport.of(table, tmp_path / "map.yaml", tmp_path / "seed").run()
    records = dossier(tmp_path / "seed")
    home = {id_: one.article for id_, one in records.incidents.items()}
    assert home == {"log-3": "log-guards", "log-4": "log-mayor"}
    assert sorted(records.places) == ["orsa"]


def test_an_article_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    seed = sample.write(sample.small(), tmp_path / "seed")
    with pytest.raises(
        DossierError, match="the seed has an article 'lind-ash-river' that was not imported with this map"
    ):
        import_rows(tmp_path, row(1), map_={"article": {**MAP["article"], "id": sample.ARTICLE}})
    assert check(seed)["incidents"] == 3


def test_a_seed_with_mistakes_of_its_own_is_left_alone(tmp_path: Path) -> None:
    files = sample.small()
    files["people.yaml"][0]["life_status"] = "asleep"
    seed = sample.write(files, tmp_path / "seed")
    with pytest.raises(DossierError, match=r"seed/people\.yaml:.*'asleep' is not in the vocabulary"):
        import_rows(tmp_path, row(1))
    assert sorted(path.name for path in seed.iterdir()) == sorted({path.split("/")[0] for path in files})
