"""Maps: what a mistake in one gets, the columns that it makes, and the maps that are examples."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.importing.conversions import slug
from app.importing.table_columns import Column, ColumnSeed
from app.importing.table_import import TableImport, example_map
from app.importing.templates import RowError
from app.ingest.building.pipeline import dossier
from app.ingest.seed.reading import Dossier, DossierError
from tests.importing.invented import MAP, mistakes, row, write_table


def map_mistakes(folder: Path, written: str) -> list[str]:
    """What a map gets, before a row is read."""
    path = folder / "map.yaml"
    path.write_text(written, "utf-8")
    with pytest.raises(DossierError) as error:
        TableImport.of(write_table(folder / "log.csv", [row(1)]), path, folder / "seed").run()
    assert not (folder / "seed").exists()
    return [str(one).removeprefix(f"{folder}/") for one in error.value.errors]


def changed(old: str, new: str) -> str:
    written = yaml.safe_dump(MAP, sort_keys=False)
    assert written.count(old) == 1
    return written.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "Shots near {town}",
            "Shots near {twon}",
            "incident.title: the table has no column 'twon'; did you mean 'town'?",
        ),
        (
            "Shots near {town}",
            "Shots near {zzz}",
            "incident.title: the table has no column 'zzz'; there are nr, day, town, latitude, longitude, side, low, "
            "best, high, sources, source",
        ),
        ("split: ;", "spilt: ;", "columns.source.spilt: there is no such key here; did you mean 'split'?"),
        ("'{sources}'", "'{surces}'", "columns.source.of: the table has no column 'surces'; did you mean 'sources'?"),
        ("  granularity: event\n", "", "incident: the key 'granularity' is missing"),
        ("kind: killing", "kind: kiling", "incident.kind: 'kiling' is not in the vocabulary; did you mean 'killing'?"),
        ("kind: killing", "sort: killing", "incident.sort: there is no such key here"),
        ("places:\n- id", "place:\n- id", "place: there is no such key in a map; did you mean 'places'?"),
        ("'2022-01-01'", "YYYY-MM-DD", "article.published: 'YYYY-MM-DD': a day is written year-month-day"),
        ("Shots near {town}", "Shots near {town", "incident.title: 'Shots near {town' has a brace without its partner"),
        ("'{day}'", "{day}", "incident.date.edtf: a text with a column in braces stands in quotes"),
        (
            "  granularity: event\n",
            "  granularity: event\n  evidence: []\n",
            "incident.evidence: a map has no 'evidence'",
        ),
    ],
)
def test_a_mistake_in_a_map_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    written = changed(old, new)
    found = map_mistakes(tmp_path, written)
    line, _, message = next(one for one in found if f": {told}" in one).removeprefix("map.yaml:").partition(":")
    key = message.strip().split(":")[0].split(".")[-1]
    assert f"{key}:" in written.splitlines()[int(line) - 1]


def test_all_mistakes_of_a_map_are_told_in_one_round(tmp_path: Path) -> None:
    written = changed("kind: killing", "kind: kiling").replace("kind: town", "kind: twon")
    assert len(map_mistakes(tmp_path, written)) == 2


def column(text: str, **how: Any) -> Any:
    """What a map makes of the column `side`."""
    return Column("made", ColumnSeed.model_validate({"of": "{side}", **how})).cell({"side": text})


@pytest.mark.parametrize(
    ("text", "how", "made"),
    [
        ("3", {"values": {"3": "three"}}, "three"),
        ("Government of Ash", {"values": {"Government of *": "state"}, "otherwise": "group"}, "state"),
        ("Guards", {"values": {"Government of *": "state"}, "otherwise": "{side} (group)"}, "Guards (group)"),
        ("", {"default": "nobody"}, "nobody"),
        ("5-12", {"match": "^([0-9]+)-"}, "5"),
        ("5-12", {"match": "[0-9]+$"}, "12"),
        ("4 Mar 21", {"date": "%d %b %y"}, "2021-03-04"),
        ("a {b}", {"of": "{{{side}}}"}, "{a {b}}"),
    ],
)
def test_columns_are_made_of_others(text: str, how: dict[str, Any], made: str) -> None:
    assert column(text, **how) == made


@pytest.mark.parametrize(
    ("text", "how", "told"),
    [
        ("4", {"values": {"3": "three"}}, "'4' is none of the values in the map: 3"),
        ("x", {"match": "[0-9]+"}, "'x' has nothing that matches '[0-9]+'"),
        ("x", {"date": "%d %b %y"}, "'x' is not written as '%d %b %y'"),
    ],
)
def test_a_cell_that_a_column_cannot_be_made_of_refuses_its_row(text: str, how: dict[str, Any], told: str) -> None:
    with pytest.raises(RowError) as error:
        column(text, **how)
    assert (error.value.path, str(error.value)) == (("columns", "made"), told)


def test_a_mistake_in_a_made_column_names_its_row(tmp_path: Path) -> None:
    columns = {**MAP["columns"], "made": {"of": "{side}", "values": {"Guards": "x"}}}
    (mistake,) = mistakes(tmp_path, row(1), row(2, side="Mill"), map_={"columns": columns})
    assert mistake == "log.csv:3: columns.made: 'Mill' is none of the values in the map: Guards"


def test_an_id_for_a_name_in_any_script_lasts_and_is_short_enough() -> None:
    assert slug("Al-Qa'im, Iraq") == "al-qaim-iraq"
    assert slug("الموصل") == slug(" الموصل ")
    one, other = slug("long name " * 20 + "a"), slug("long name " * 20 + "b")
    assert one != other
    assert max(len(one), len(other)) <= 100
    with pytest.raises(ValueError, match="no letters"):
        slug("?!")


UCDP = """
    id relid year active_year code_status type_of_violence conflict_dset_id conflict_new_id conflict_name dyad_dset_id
    dyad_new_id dyad_name side_a_dset_id side_a_new_id side_a side_b_dset_id side_b_new_id side_b number_of_sources
    source_article source_office source_date source_headline source_original where_prec where_coordinates
    where_description adm_1 adm_2 latitude longitude geom_wkt priogrid_gid country country_id region event_clarity
    date_prec date_start date_end deaths_a deaths_b deaths_civilians deaths_unknown best high low gwnoa gwnob
""".split()
ACLED = """
    event_id_cnty event_date year time_precision disorder_type event_type sub_event_type actor1 assoc_actor_1 inter1
    actor2 assoc_actor_2 inter2 interaction civilian_targeting iso region country admin1 admin2 admin3 location latitude
    longitude geo_precision source source_scale notes fatalities tags timestamp
""".split()


def by_example(folder: Path, name: str, columns: list[str], rows: list[dict[str, Any]]) -> Dossier:
    """The records of a table with the columns of a public dataset, and invented rows, by its example."""
    table = folder / "table.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    map_path = folder / "map.yaml"
    map_path.write_text(example_map(name).replace("YYYY-MM-DD", "2022-01-01"), "utf-8")
    TableImport.of(table, map_path, folder / "seed").run()
    return dossier(folder / "seed")


def ucdp_row(number: int, **cells: Any) -> dict[str, Any]:
    return {
        "id": number,
        "year": 2021,
        "type_of_violence": 1,
        "conflict_name": "Ashland: Government",
        "dyad_name": "Government of Ashland - Mill Front",
        "side_a": "Government of Ashland",
        "side_b": "Mill Front",
        "source_article": '"Wire; morning,2021-03-05,Shots at the river";"Courier,2021-03-06,The mill"',
        "where_prec": 1,
        "where_coordinates": "Orsa",
        "adm_1": "Ash County",
        "latitude": 60.5,
        "longitude": 14.5,
        "country": "Ashland",
        "date_start": "2021-03-04 00:00:00.000",
        "date_end": "2021-03-04 00:00:00.000",
        "deaths_civilians": 2,
        "best": 5,
        "low": 4,
        "high": 9,
        **cells,
    }


def test_the_example_for_ucdp_ged(tmp_path: Path) -> None:
    rows = [
        ucdp_row(11),
        ucdp_row(12, type_of_violence=3, side_b="Civilians", deaths_civilians=0, date_end="2021-03-09 00:00:00.000"),
        ucdp_row(13, where_prec=6, where_coordinates="Ashland", adm_1=""),
    ]
    records = by_example(tmp_path, "ucdp-ged", UCDP, rows)
    one, against_civilians, somewhere = (records.incidents[f"ucdp-{number}"].seed for number in (11, 12, 13))
    assert (one.kind, against_civilians.kind) == ("battle", "attack_on_civilians")
    assert [date and date.edtf for date in (one.date, against_civilians.date)] == [
        "2021-03-04",
        "2021-03-04/2021-03-09",
    ]
    assert [(link.id, link.role) for link in against_civilians.actors] == [("government-of-ashland", "perpetrator")]
    assert (one.location, somewhere.location) == ("orsa-ashland", None)
    claim, civilians = (records.casualties[f"ucdp-11-killed{end}"].seed for end in ("", "-civilians"))
    assert (claim.low, claim.best, claim.high) == (4, 5, 9)
    assert (civilians.low, civilians.best, civilians.high, civilians.part_of) == (None, 2, None, "ucdp-11-killed")
    assert "ucdp-12-killed-civilians" not in records.casualties
    labels = sorted(entry.seed.label for entry in records.documents.values())
    assert labels == ["Courier,2021-03-06,The mill", "Wire; morning,2021-03-05,Shots at the river"]
    assert list(records.articles) == ["ucdp-ged-ashland-2021"]
    assert one.same_as == ["ucdp:11"]


def test_the_example_for_acled(tmp_path: Path) -> None:
    row = {
        "event_id_cnty": "ASH7",
        "event_date": "04 March 2021",
        "year": 2021,
        "time_precision": 1,
        "event_type": "Violence against civilians",
        "sub_event_type": "Attack",
        "actor1": "Mill Front",
        "actor2": "Civilians (Ashland)",
        "country": "Ashland",
        "admin1": "Ash County",
        "location": "Orsa",
        "latitude": 60.5,
        "longitude": 14.5,
        "geo_precision": 1,
        "source": "Courier; Wire",
        "fatalities": 3,
    }
    weekly = {**row, "event_id_cnty": "ASH8", "event_date": "2021-03-04", "time_precision": 2, "fatalities": 0}
    records = by_example(tmp_path, "acled", ACLED, [row, weekly])
    one, other = records.incidents["acled-ash7"].seed, records.incidents["acled-ash8"].seed
    assert [date and date.edtf for date in (one.date, other.date)] == ["2021-03-04", "2021-02-26/2021-03-10"]
    assert [(link.id, link.label) for link in one.actors] == [("mill-front", None), (None, "civilians")]
    assert one.same_as == ["acled:ASH7"]
    claim = records.casualties["acled-ash7-killed"].seed
    assert (claim.low, claim.best, claim.high, claim.documents) == (None, 3, None, ["courier", "wire"])
    assert "acled-ash8-killed" not in records.casualties
