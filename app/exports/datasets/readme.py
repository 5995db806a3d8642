"""The README and the codebook of the data package, as Markdown."""

from app.exports.datasets.tables import tables
from app.exports.formats import COLUMNAR
from app.model.codebook import Codebook, Value, Vocabulary
from app.storage.release_info import ReleaseInfo

_README = """\
# Dateline, release {number}

Incidents, places, people and quotes of an investigation, taken out of the reporting as tables, with the passages that
they rest on. This is a [Frictionless Data Package](https://specs.frictionlessdata.io/tabular-data-package/): one CSV
file for each table, and `datapackage.json` with the types, keys and links of all columns. `codebook.md` says what the
values mean.

* Release {number}, loaded {loaded_at}
* Digest `{digest}`:
  the SHA-256 of the sorted lines `type/id digest` of `data/records.csv`, joined by newlines

## Reading it

* **An empty cell is null**, and null is "the reporting does not say", never 0.
* Dates stand as the reporting gives them in `date_edtf` (EDTF, ISO 8601-2), with the first and last day that they may
  mean beside them in `date_earliest` and `date_latest`, which are null at an open end (`date_open`). Take the days from
  there: libraries for EDTF differ. `date_assumed_earliest` and `date_assumed_latest` are what the API's filters take
  at an open end, and why (`date_assumed_reason`): working limits that nobody reported. `date_as_stated` has the
  reporting's own words.
* `casualties` holds claims, and several may be about the same people: those with the same `incident_id` and `harm`.
  They are alternatives, so do not add claims up. Take the harms (`incident_harms`, or `harm_low` and `harm_high` beside
  the claims) or the sums of `incidents`: a missing lower bound adds nothing, a missing upper bound leaves the sum open,
  and what a harm `includes` adds nothing beside it. The page `/docs/sums` of the API has the whole rule. An incident's
  sums do not include those of the incidents that were a part of it, which stand beside them (`killed_parts_low`,
  `killed_parts_high`).
* A link is an id in another table: `speaker_id` of `quotes` is an `id` of `parties`. `parties` are people and
  organizations together, because either can act, speak or claim.
* `evidence` holds, for every record, the passages that it rests on: article, paragraph and position, the SHA-256 of
  the passage, and a URL that opens the published page there.
* A record `x` of `incidents` stands at `/v1/incidents/x` of the API that this file came from; so do those of
  `articles`, `places`, `people`, `organizations`, `casualties`, `quotes` and `statements`.
* The CSV files are UTF-8 without a byte order mark, with CRLF and the usual quoting (RFC 4180).
{parquet}
**Cells are exactly the data's values.** Programs read these files by their schema, compare and join them, so nothing
is put in front of a text that a spreadsheet might take for a formula. For a spreadsheet, import the columns as text,
or take the `.csv` of a list from the API, where such cells are made harmless.

## Tables

| table | rows | |
|---|--:|---|
{tables}

## Sources and rights

{sources}

The tables, their coding and our own words (titles, summaries, gists, notes) are under the MIT licence.
"""


def readme(release: ReleaseInfo, codebook: Codebook, sources: list[dict[str, str]], counts: dict[str, int]) -> str:
    """Returns the README of the data package. `counts` are the rows of each table."""
    rows = (f"| `{table.name}` | {counts[table.name]} | {table.description} |" for table in tables(codebook))
    articles = (
        f"* {', '.join(source['authors'].split('|'))}: [{source['title']}]({source['path']}) "
        f"({', '.join(source['publishers'].split('|'))}). {source['rights']}"
        for source in sources
    )
    parquet = "* Beside each of them the same table stands as Parquet, with the types of its columns.\n"
    return _README.format(
        parquet=parquet if COLUMNAR.is_installed else "",
        number=release.number,
        loaded_at=release.loaded_at,
        digest=release.digest,
        tables="\n".join(rows),
        sources="\n".join(articles),
    )


def codebook_text(codebook: Codebook) -> str:
    """Returns every vocabulary with the meaning of each value and the columns that use it."""
    vocabularies = (_vocabulary(codebook, one) for one in codebook.vocabularies.values())
    return "# Codebook\n\nThe vocabularies of the data.\n" + "".join(vocabularies)


def _vocabulary(codebook: Codebook, vocabulary: Vocabulary) -> str:
    columns = (
        f"`{table.name}.{column.name}`"
        for table in tables(codebook)
        for column in table.columns
        if column.vocabulary == vocabulary.name
    )
    rows = "\n".join(f"| `{value}` | {_explained(one)} |" for value, one in vocabulary.values.items())
    return (
        f"\n## {vocabulary.name}\n\n{vocabulary.description}\n\nColumns: {', '.join(columns)}\n\n"
        f"| value | meaning |\n|---|---|\n{rows}\n"
    )


def _explained(value: Value) -> str:
    """Returns the meaning of a value with what it is narrower than and equivalent to."""
    broader = [f"narrower than `{value.broader}`"] if value.broader else []
    return "; ".join([value.meaning, *broader, *(f"`{one}`" for one in value.equivalents)])
