"""A new article: what `dateline new` makes is right, and so are the examples in it."""

import re
from pathlib import Path

import pytest
import yaml

from app.ingest.building.pipeline import check
from app.ingest.editing.anchoring import anchor
from app.ingest.editing.new_article import new_article
from app.ingest.release.verifying import ArticleFile, TextError
from app.ingest.seed.reading import DossierError
from app.ingest.texts.passages import digest
from tests.dossiers import write_example
from tests.verified import verified

TEXT = "The bridge was closed on Monday.\n\n“Nobody told us,” said the miller.\n“Nobody told us”\n"


def made(folder: Path, text: str = TEXT, slug: str = "bridge-closed") -> Path:
    """Begins an article; returns the folder of seed files."""
    folder.mkdir(exist_ok=True)
    (folder / "text.txt").write_text(text, "utf-8")
    new_article(folder / "seed", slug, folder / "text.txt")
    return folder / "seed"


def uncommented(seed: Path) -> None:
    """Takes out the `# ` before each line of the examples, as the files say."""
    for path in seed.rglob("*.yaml"):
        head, empty, example = path.read_text("utf-8").partition("\n#\n")
        if empty:
            path.write_text(head + "\n" + re.sub("^# ", "", example, flags=re.MULTILINE), "utf-8")


def test_a_new_article_passes_check(tmp_path: Path) -> None:
    seed = made(tmp_path)
    assert check(seed) == {name: int(name == "articles") for name in check(seed)}
    article = yaml.safe_load((seed / "articles/bridge-closed/article.yaml").read_text("utf-8"))
    lines = [line for line in TEXT.split("\n") if line]
    assert [(one["length"], one["sha256"]) for one in article["paragraphs"]] == [
        (len(line), digest(line)) for line in lines
    ]
    assert [one["kind"] for one in article["paragraphs"]] == ["body", "body", "pull_quote"]


@pytest.mark.parametrize(
    "text", [TEXT, "Closed.\n", "أُغلق الجسر يوم الاثنين.\nقال الطحان: لا ماء.\n", "— … —\nIt is open.\n"]
)
def test_its_examples_pass_check_and_verify(tmp_path: Path, text: str) -> None:
    seed = made(tmp_path, text)
    uncommented(seed)
    counts = check(seed)
    assert counts.pop("casualties") == 1
    assert set(counts.values()) == {1}
    seen = verified(seed, tmp_path / "text.txt")
    told = [error.message for error in seen.errors if "stands in none of the passages" not in error.message]
    assert told == []
    assert seen.spans > 8


def test_no_sentence_of_the_text_stands_in_the_files(tmp_path: Path) -> None:
    seed = made(tmp_path)
    content = "".join(path.read_text("utf-8") for path in seed.rglob("*.yaml"))
    assert "The bridge was" not in content
    assert "Nobody told us" not in content


def test_a_second_article_leaves_shared_files_as_they_are(tmp_path: Path) -> None:
    seed = made(tmp_path)
    (seed / "places.yaml").unlink()
    (seed / "places.jsonl").write_text("", "utf-8")
    (seed / "people.yaml").write_text("# ours\n", "utf-8")
    made(tmp_path, slug="second")
    assert not (seed / "places.yaml").exists()
    assert (seed / "people.yaml").read_text("utf-8") == "# ours\n"
    check(seed)


def test_what_cannot_begin_an_article_is_refused_and_nothing_written(tmp_path: Path) -> None:
    for text, told in ((b"", "is empty"), (b" \n\n", "is empty"), (b"\xff\xfe", "is not UTF-8")):
        (tmp_path / "text.txt").write_bytes(text)
        with pytest.raises(TextError, match=told):
            new_article(tmp_path / "seed", "one", tmp_path / "text.txt")
    (tmp_path / "text.txt").write_text(TEXT, "utf-8")
    for slug in ("Not A Slug", "../one", ""):
        with pytest.raises(TextError, match="cannot be the id of an article"):
            new_article(tmp_path / "seed", slug, tmp_path / "text.txt")
    assert not (tmp_path / "seed").exists()
    seed = made(tmp_path)
    before = {path: path.read_bytes() for path in seed.rglob("*.yaml")}
    with pytest.raises(DossierError, match="this article is there already; --renew"):
        made(tmp_path)
    assert {path: path.read_bytes() for path in seed.rglob("*.yaml")} == before


def test_the_example_of_the_reference_is_anchored_checked_and_verified(tmp_path: Path) -> None:
    """It is written by words, as editors write."""
    seed, text = tmp_path / "seed", tmp_path / "text.txt"
    write_example(seed)
    assert anchor(seed, [ArticleFile(text)]).done > 30
    assert check(seed)["incidents"] == 3
    seen = verified(seed, text)
    assert (seen.errors, seen.spans) == ([], seen.of)
