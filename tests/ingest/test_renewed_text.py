"""A text that changed after it was coded: its paragraphs are written anew, and spans follow their words."""

from pathlib import Path

import pytest
import yaml

from app.ingest.building.pipeline import check
from app.ingest.editing.anchoring import anchor
from app.ingest.editing.examples import EXAMPLE_ARTICLE, example_file
from app.ingest.editing.renewed_text import renew_text
from app.ingest.release.verifying import ArticleFile
from app.ingest.seed.reading import DossierError
from tests.dossiers import write_example
from tests.verified import verified


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    """The example, anchored."""
    write_example(tmp_path / "seed")
    anchor(tmp_path / "seed", [ArticleFile(tmp_path / "text.txt")])
    return tmp_path / "seed"


def renewed(seed: Path, text: str) -> int:
    (seed.parent / "text.txt").write_text(text, "utf-8")
    return renew_text(seed, EXAMPLE_ARTICLE, seed.parent / "text.txt").done


def contents(seed: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in seed.rglob("*") if path.is_file()}


def test_spans_follow_their_words(seed: Path) -> None:
    """A correction above, words put before others, a sentence moved to the end."""
    lines = example_file("text.txt").splitlines()
    lines.insert(0, "Correction: An earlier version had the wrong day.")
    lines[2] = "At first nobody knew. " + lines[2]
    boats = lines.pop(5)
    lines.append(boats)
    article = seed / "articles" / EXAMPLE_ARTICLE / "article.yaml"
    assert renewed(seed, "\n".join(lines)) > 20
    check(seed)
    seen = verified(seed, seed.parent / "text.txt")
    assert (seen.errors, seen.spans) == ([], seen.of)
    data = yaml.safe_load(article.read_text("utf-8"))
    assert [one["kind"] for one in data["paragraphs"]] == [
        *("body", "body", "body", "body", "body"),
        *("pull_quote", "caption", "body", "pull_text", "body"),
    ]
    assert data["paragraphs"][8]["shortens"] == [8]
    assert [one["paragraph"] for one in data["captions"]] == [7, 7]
    assert article.read_text("utf-8").startswith(example_file("article.yaml").partition("paragraphs:")[0])


def test_the_same_text_changes_nothing(seed: Path) -> None:
    before = contents(seed)
    assert renewed(seed, example_file("text.txt")) == 0
    assert {path: content for path, content in contents(seed).items() if path.suffix == ".yaml"} == {
        path: content for path, content in before.items() if path.suffix == ".yaml"
    }


def test_words_that_are_gone_are_named_and_nothing_is_written(seed: Path) -> None:
    before = contents(seed)
    with pytest.raises(DossierError) as raised:
        renewed(seed, example_file("text.txt").replace("at least four people had died", "at least five people died"))
    assert contents(seed) == before
    assert {(error.record, error.message.partition(";")[0]) for error in raised.value.errors} == {
        ("lock-gate-collapse", "its words are not in the new text"),
        ("lisk-floods", "its words are not in the new text"),
    }
    incidents = seed / "articles" / EXAMPLE_ARTICLE / "incidents.yaml"
    lines = incidents.read_text("utf-8").splitlines()
    assert all('field: count, at: "3:' in lines[error.line - 1] for error in raised.value.errors)


def test_an_article_that_is_not_there_yet_is_not_renewed(seed: Path) -> None:
    with pytest.raises(DossierError, match="there is no such article yet; begin it without --renew"):
        renew_text(seed, "another", seed.parent / "text.txt")
