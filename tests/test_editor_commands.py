"""An editor's afternoon by the commands alone: new, write, anchor, check, load, verify, correct, load again."""

import json
from pathlib import Path

import pytest

from app.ingest.editing.examples import EXAMPLE_ARTICLE, example_file
from app.ingest.seed.reading import BY_ARTICLE, SHARED_MODELS
from tests.dossiers import write_example
from tests.live import serving
from tests.test_cli import dateline, free_port, refused, served, status


def written(folder: Path) -> Path:
    """A new article, with the records of the example as an editor writes them. Returns its text."""
    text = folder / "text.txt"
    text.write_text(example_file("text.txt"), "utf-8")
    done = dateline("new", EXAMPLE_ARTICLE, "--text", text, cwd=folder)
    assert f"seed/articles/{EXAMPLE_ARTICLE}/incidents.yaml" in done.stdout
    write_example(folder / "seed")
    return text


@pytest.mark.heavy
def test_from_a_text_to_a_release_and_a_corrected_one(tmp_path: Path, database_url: str) -> None:
    text = written(tmp_path)
    assert dateline("check", cwd=tmp_path).returncode == 1
    count = sum(example_file(f"{name}.yaml").count("words:") for name in (*SHARED_MODELS, *BY_ARTICLE))
    assert f"{count} words became spans" in dateline("anchor", "--text", text, cwd=tmp_path).stdout
    assert "3 incidents" in dateline("check", cwd=tmp_path).stdout
    assert "spans hold" in dateline("verify", "--text", text, cwd=tmp_path).stdout
    first = dateline("load", "--text", text, cwd=tmp_path, url=database_url)
    assert "release 1: 1 article, 3 incidents" in first.stdout
    text.write_text("Corrected on 2 July.\n" + example_file("text.txt").replace("some sixty", "some seventy"), "utf-8")
    assert "dateline new --renew" in dateline("verify", "--text", text, cwd=tmp_path).stderr
    lost = dateline("new", EXAMPLE_ARTICLE, "--text", text, "--renew", cwd=tmp_path)
    assert lost.stderr.count("its words are not in the new text") == 2
    incidents = tmp_path / "seed" / "articles" / EXAMPLE_ARTICLE / "incidents.yaml"
    lines = incidents.read_text("utf-8").splitlines(keepends=True)
    for mistake in lost.stderr.splitlines()[:2]:
        number = int(mistake.split(":")[1]) - 1
        field = "what" if "field: what" in lines[number] else "count"
        lines[number] = f"{lines[number].partition('-')[0]}- {{field: {field}, words: some seventy people}}\n"
    incidents.write_text("".join(lines).replace(": 60\n", ": 70\n"), "utf-8")
    assert "spans moved" in dateline("new", EXAMPLE_ARTICLE, "--text", text, "--renew", cwd=tmp_path).stdout
    assert "2 words became spans" in dateline("anchor", "--text", text, cwd=tmp_path).stdout
    second = dateline("load", "--text", text, cwd=tmp_path, url=database_url)
    assert "MOD casualties/school-evacuated" in second.stdout
    assert "release 2: 1 article, 3 incidents" in second.stdout


def test_what_cannot_be_done_is_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("", "utf-8")
    assert refused(dateline("new", "lock", "--text", text, cwd=tmp_path)).endswith(
        "is empty; it must hold the article's own text, one paragraph a line"
    )
    assert "does not exist" in dateline("new", "lock", "--text", tmp_path / "no.txt", cwd=tmp_path).stderr
    assert not (tmp_path / "seed").exists()
    names = "article.yaml, places.yaml, people.yaml, organizations.yaml, documents.yaml, incidents.yaml, quotes.yaml"
    sentence = refused(dateline("schema", "--file", "incident.yml", cwd=tmp_path))
    assert sentence == f"There is no seed file incident.yml; there are {names}, statements.yaml, codebook.yaml."


def test_commands_find_the_folder_from_within_an_article(tmp_path: Path) -> None:
    """And never check or load the shipped one instead."""
    text = written(tmp_path)
    dateline("anchor", "--text", text, cwd=tmp_path)
    done = dateline("check", cwd=tmp_path / "seed" / "articles" / EXAMPLE_ARTICLE)
    assert done.stdout.startswith(f"{tmp_path}/seed: 1 article, 3 incidents")


def test_what_a_new_article_has_to_be_filled_in_with_is_told(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("The gate gave way at night.\n", "utf-8")
    made = dateline("new", "gate", "--text", text, cwd=tmp_path).stdout
    assert f"`dateline anchor --text {text}` makes spans" in made
    told = dateline("check", cwd=tmp_path).stdout.splitlines()
    assert [line.split(": ")[3] for line in told[:4]] == ["title", "authors", "publishers", "url"]
    assert all("fill in what the published page says" in line for line in told[:4])
    assert told[4].startswith("seed: 1 article")


@pytest.mark.parametrize(("options", "expected"), [(("--text",), "# The format of seed files"), ((), ".schema.json")])
def test_schemas_and_the_reference_are_printed(tmp_path: Path, options: tuple[str, ...], expected: str) -> None:
    (tmp_path / "articles").mkdir()
    assert expected in dateline("schema", *options, cwd=tmp_path).stdout
    assert (tmp_path / ".schemas" / "quotes.schema.json").exists() == (options == ())


@pytest.mark.heavy
def test_mistakes_for_programs_have_all_that_people_are_told(tmp_path: Path, database_url: str) -> None:
    written(tmp_path)
    article = tmp_path / "seed" / "articles" / EXAMPLE_ARTICLE
    (article / "quotes.yaml").unlink()
    (article / "statements.yaml").unlink()
    places = tmp_path / "seed" / "places.yaml"
    dateline("anchor", "--text", tmp_path / "text.txt", cwd=tmp_path)
    good = places.read_text("utf-8")
    wrong = good.replace("kind: town", "kind: twon").replace("id: varn, basis", "id: vran, basis")
    places.write_text(wrong.replace("  named: true", "  is_named: true", 1), "utf-8")
    for command in (("check",), ("load",)):
        done = dateline(*command, "--format", "json", cwd=tmp_path, url=database_url)
        found = json.loads(done.stdout)
        assert (done.returncode, done.stderr, found["valid"]) == (1, "", False)
        told = {(one["record"], one["field"]): one for one in found["mistakes"]}
        kind = told["varn", "kind"]
        assert (kind["file"], kind["line"]) == ("seed/places.yaml", 1 + wrong.splitlines().index("  kind: twon"))
        assert (kind["written"], kind["nearest"]) == ("twon", "town")
        assert "did you mean 'town'?" in kind["message"]
        assert (told["varn", "is_named"]["written"], told["varn", "is_named"]["nearest"]) == ("is_named", "named")
        assert (told["varn", "named"]["written"], told["varn", "named"]["nearest"]) == (None, None)
        parent = told["varn-lock", "parents.0"]
        assert (parent["written"], parent["nearest"]) == ("vran", "varn")
    done = dateline("check", "--format", "github", cwd=tmp_path)
    assert done.returncode == 1
    line = f"::error file=seed/places.yaml,line={kind['line']},title=varn%3A kind::'twon' is not in the vocabulary; "
    assert f"{line}did you mean 'town'?" in done.stdout.splitlines()
    places.write_text(good.replace("name: lock at Varn", "name: Varn").replace("kind: dam", "kind: town"), "utf-8")
    hints = json.loads(dateline("check", "--format", "json", cwd=tmp_path).stdout)
    assert (hints["valid"], hints["mistakes"]) == (True, [])
    assert [(one["record"], one["nearest"]) for one in hints["hints"]] == [("varn-lock", "varn")]
    assert "perhaps: seed/places.yaml:" in dateline("check", cwd=tmp_path).stdout
    assert dateline("check", "--format", "github", cwd=tmp_path).stdout.startswith("::warning file=seed/places.yaml,")


@pytest.fixture
def loaded(tmp_path: Path, database_url: str) -> Path:
    """The folder of the example, which is loaded."""
    text = written(tmp_path)
    dateline("anchor", "--text", text, cwd=tmp_path)
    assert dateline("load", cwd=tmp_path, url=database_url).returncode == 0
    return tmp_path


@pytest.mark.heavy
def test_every_changed_field_is_shown(loaded: Path, database_url: str) -> None:
    incidents = loaded / "seed" / "articles" / EXAMPLE_ARTICLE / "incidents.yaml"
    content = incidents.read_text("utf-8").replace("title: Three floods on the Lisk", "title: Three floods")
    content = content.replace('    latest: "2021-06-30"', '    latest: "2021-06-29"')
    incidents.write_text(content.replace("also_kinds: [accident]", "also_kinds: [rescue, accident]"), "utf-8")
    done = dateline("load", "--diff", "--dry-run", cwd=loaded, url=database_url)
    printed = done.stdout.splitlines()
    assert '  title: "Three floods on the Lisk" → "Three floods"' in printed
    assert '  date.assumed.latest: "2021-06-30" → "2021-06-29"' in printed
    assert '  also_kinds.0: nothing → "rescue"' in printed
    assert not any("version" in line or "changed_in" in line for line in printed)
    assert "incidents/school-shelter" not in printed


@pytest.mark.heavy
def test_check_against_a_database_finds_what_load_would_refuse(loaded: Path, database_url: str) -> None:
    assert dateline("check", "--against", database_url, cwd=loaded).returncode == 0
    _without_a_record(loaded)
    assert dateline("check", cwd=loaded).returncode == 0
    done = dateline("check", "--against", database_url, "--format", "json", cwd=loaded)
    (mistake,) = json.loads(done.stdout)["mistakes"]
    assert (done.returncode, mistake["record"]) == (1, "gate-not-inspected")
    assert "write `removed:` with a reason" in mistake["message"]


@pytest.mark.sqlite
def test_a_database_that_is_not_there_is_one_sentence(loaded: Path) -> None:
    assert "run `dateline migrate` first" in refused(dateline("check", "--against", loaded / "other.db", cwd=loaded))
    sentence = refused(dateline("check", "--against", "http://127.0.0.1:9", cwd=loaded))
    assert sentence.startswith("http://127.0.0.1:9 cannot be reached")


def _without_a_record(folder: Path) -> None:
    statements = folder / "seed" / "articles" / EXAMPLE_ARTICLE / "statements.yaml"
    statements.write_text(statements.read_text("utf-8").partition("- id: gate-not-inspected")[0], "utf-8")


@pytest.mark.heavy
def test_check_against_a_service_finds_what_load_would_refuse(loaded: Path, database_url: str) -> None:
    _without_a_record(loaded)
    with serving(database_url) as base:
        done = dateline("check", "--against", base, cwd=loaded)
        assert "gate-not-inspected: the database has this record, the files do not" in done.stderr
        elsewhere = refused(dateline("check", "--against", f"{base}/docs", cwd=loaded))
        assert "/docs/v1/releases?limit=1 answers 404: " in elsewhere


@pytest.mark.heavy
@pytest.mark.sqlite
def test_serving_an_empty_database_loads_what_is_here(tmp_path: Path) -> None:
    """An editor who serves before loading sees the own article, not the shipped one."""
    text = written(tmp_path)
    dateline("anchor", "--text", text, cwd=tmp_path)
    with served("--port", str(free_port()), cwd=tmp_path) as (lines, urls):
        assert "release 1: 1 article, 3 incidents" in lines[-1]
        assert status(urls[0]) == 200
