"""The commands that work with an article's text and with one article: verify, anchor, load with a text."""

import os
import re
from contextlib import redirect_stderr
from pathlib import Path

import pytest
import yaml

from app.commands.progress_bars import ProgressBars
from app.ingest.building.pipeline import scan
from app.ingest.release.verifying import ArticleFile, verify
from tests import sample
from tests.second_article import SECOND, pair
from tests.test_cli import dateline, everything_drawn, refused


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path]:
    """The small dossier's folder and its article's text."""
    paper = tmp_path / "paper.txt"
    paper.write_text(sample.TEXT, "utf-8")
    return sample.write(sample.small(), tmp_path / "seed"), paper


def test_verify_checks_positions_and_digests_against_the_text(small: tuple[Path, Path]) -> None:
    seed, paper = small
    done = dateline("verify", "--text", paper, seed)
    assert done.returncode == 0
    spans = sum(text_.count("sha256") for text_ in map(Path.read_text, seed.rglob("*.yaml")))
    paragraphs = sample.TEXT.count("\n") + 1
    assert f"{sample.ARTICLE}: {spans - paragraphs} spans hold" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "records"),
    [
        ("without warning", "without warnjng", ["quotes.yaml", "berg-no-warning: spans.0"]),
        ("held one man", "held 0ne man", ["incidents.yaml", "miller-held: casualties.0.evidence.0"]),
        ("Orsa lies", "Orse lies", ["places.yaml", "orsa: evidence.1"]),
        ("according to Berg.", "according to Berg!", ["paragraph 4 of the text is not the one coded"]),
    ],
)
def test_one_changed_character_is_caught_and_named(
    small: tuple[Path, Path], old: str, new: str, records: list[str]
) -> None:
    seed, paper = small
    assert sample.TEXT.count(old) == 1
    paper.write_text(sample.TEXT.replace(old, new), "utf-8")
    done = dateline("verify", "--text", paper, seed)
    assert done.returncode == 1
    assert "article.yaml" in done.stderr
    assert all(part in done.stderr for part in records), done.stderr


def test_a_link_that_leads_elsewhere_is_caught(small: tuple[Path, Path]) -> None:
    seed, paper = small
    files = sample.small()
    span = sample.record(files, "places.yaml", "ash-river")["evidence"][0]
    del span["after"]  # without it the words are first found in the article's title
    sample.write(files, seed)
    done = dateline("verify", "--text", paper, seed)
    assert done.returncode == 1
    assert re.search(r"ash-river: evidence.0: the link leads to nowhere, not to 4:\d+-\d+", done.stderr)


def test_text_that_is_no_text(small: tuple[Path, Path], tmp_path: Path) -> None:
    seed, paper = small
    paper.write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8 text" in refused(dateline("verify", "--text", paper, seed))
    assert dateline("verify", "--text", tmp_path / "nothing.txt", seed).returncode == 2


def test_byte_order_mark_and_windows_line_ends_verify_too(small: tuple[Path, Path]) -> None:
    seed, paper = small
    paper.write_bytes(b"\xef\xbb\xbf" + sample.TEXT.replace("\n", "\r\n").encode())
    assert dateline("verify", "--text", paper, seed).returncode == 0


def test_anchor_turns_words_into_spans_and_back(small: tuple[Path, Path]) -> None:
    seed, paper = small
    places = seed / "places.yaml"
    with_spans = places.read_text("utf-8")
    back = dateline("anchor", "--back", "--text", paper, seed)
    assert "spans became words in seed/places.yaml, " in back.stdout
    assert "sha256" not in places.read_text("utf-8")
    assert "words stand here until `dateline anchor" in dateline("check", seed).stderr
    assert "words became spans" in dateline("anchor", "--text", paper, seed).stdout
    assert yaml.safe_load(places.read_text("utf-8")) == yaml.safe_load(with_spans)
    assert dateline("check", seed).returncode == 0
    assert dateline("anchor", "--text", paper, seed).stdout == "0 words became spans.\n"
    assert refused(dateline("anchor", seed)) == "Give the article's own text: --text FILE, one paragraph a line."


def test_articles_are_chosen_where_there_are_several(small: tuple[Path, Path]) -> None:
    seed, paper = small
    sample.write(pair(), seed)
    sentence = refused(dateline("verify", "--text", paper, seed))
    assert sentence == f"Choose one with --article: {SECOND}, {sample.ARTICLE}."
    assert dateline("verify", "--text", paper, "--article", sample.ARTICLE, seed).returncode == 0


def test_load_verifies_what_rests_on_a_text(small: tuple[Path, Path], database_url: str) -> None:
    seed, paper = small
    done = dateline("load", "--text", paper, seed, url=database_url)
    spans = sum(text_.count("sha256") for text_ in map(Path.read_text, seed.rglob("*.yaml")))
    number = spans - sample.TEXT.count("\n") - 1
    assert f"{number} of {number} spans were verified" in done.stdout
    paper.write_text(sample.TEXT.replace("held one man", "held 0ne man"), "utf-8")
    refused_ = dateline("load", "--text", paper, seed, url=database_url)
    assert refused_.returncode == 1
    assert "miller-held: casualties.0.evidence.0: the text at 3:" in refused_.stderr
    assert "nothing is loaded until all are mended" in refused_.stderr
    for options in (("--article", sample.ARTICLE), ("--text", paper, "--text", paper)):
        assert "one --article for each --text" in refused(dateline("load", *options, seed, url=database_url))


def test_verify_shows_how_far_it_is_on_a_terminal(small: tuple[Path, Path]) -> None:
    seed, paper = small
    ours, theirs = os.openpty()
    with (
        os.fdopen(theirs, "w") as terminal,
        redirect_stderr(terminal),
        ProgressBars() as bars,
        scan(seed, bars) as opened,
    ):
        assert verify(opened, [ArticleFile(paper)], bars).errors == []
    drawn = everything_drawn(ours)
    os.close(ours)
    assert "Following links" in drawn


def test_one_article_is_loaded_by_its_folder(small: tuple[Path, Path], database_url: str) -> None:
    seed, _ = small
    sample.write(pair(), seed)
    sentence = refused(dateline("load", "--only", "articles/holm-inqest", seed, url=database_url))
    assert sentence == f"There is no article articles/holm-inqest in {seed}; did you mean articles/{SECOND}?"
    early = dateline("load", "--only", f"articles/{sample.ARTICLE}", seed, url=database_url)
    assert f"ferry-shooting: it refers to articles/{SECOND}, which is another article's and not" in early.stderr
    (seed / "articles" / SECOND / "incidents.yaml").rename(kept := seed.parent / "incidents.yaml")
    (seed / "articles" / SECOND / "quotes.yaml").unlink()
    assert dateline("load", "--only", f"articles/{sample.ARTICLE}", seed, url=database_url).returncode == 0
    kept.rename(seed / "articles" / SECOND / "incidents.yaml")
    done = dateline("load", "--only", f"articles/{SECOND}", seed, url=database_url)
    assert "ADD 1 article\n" in done.stdout
    assert "release 2: 2 articles" in done.stdout


def test_what_the_files_lack_is_pruned_for_a_reason(small: tuple[Path, Path], database_url: str) -> None:
    seed, _ = small
    for given in (("--prune",), ("--reason", "x"), ("--prune", "--reason", " ")):
        sentence = refused(dateline("load", *given, seed, url=database_url))
        assert sentence == "Give --prune and its reason together: --prune --reason TEXT."
    assert dateline("load", seed, url=database_url).returncode == 0
    files = sample.small()
    files[sample.QUOTES].pop()
    sample.write(files, seed)
    assert "write `removed:` with a reason" in dateline("load", seed, url=database_url).stderr
    done = dateline("load", "--prune", "--reason", "The source dropped it.", seed, url=database_url)
    assert "(The source dropped it.)" in done.stdout


@pytest.mark.parametrize(
    ("command", "loads"),
    [(("check",), True), (("load",), True), (("verify", "--text"), False), (("anchor", "--text"), False)],
)
def test_only_commands_that_load_say_that_nothing_is_loaded(
    small: tuple[Path, Path], database_url: str, command: tuple[str, ...], loads: bool
) -> None:
    seed, paper = small
    article = seed / "articles" / sample.ARTICLE / "article.yaml"
    article.write_text(article.read_text("utf-8").replace("title:", "titel:"), "utf-8")
    done = dateline(*command, *((paper,) if "--text" in command else ()), seed, url=database_url)
    assert done.returncode == 1
    assert "did you mean 'title'?" in done.stderr
    assert ("nothing is loaded until" in done.stderr) == loads
