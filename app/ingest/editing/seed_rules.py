"""What no single key of the seed files tells: how the files lie together, and the rules between their records.

`seed_rules.md` has the words.
"""

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Rule:
    """A rule and its name."""

    title: str
    text: str


def introduction_and_rules() -> tuple[str, tuple[Rule, ...]]:
    """Returns what is said of all files, and the rules."""
    text = (files("app.ingest.editing") / "seed_rules.md").read_text("utf-8")
    introduction, *sections = text.split("\n## ")
    rules = (section.split("\n", 1) for section in sections)
    return _unwrapped(introduction), tuple(Rule(title.strip(), _unwrapped(words)) for title, words in rules)


def _unwrapped(text: str) -> str:
    return " ".join(text.split())
