"""An invented archive of any size, as seed files for `dateline load`. The same seed gives the same files.

Records are about as long as those of real reporting, and their words as unevenly frequent (Zipf). Nothing of it means
anything. Articles hold 250 incidents each; every span lies in a paragraph of its article, and spans that belong to the
same article's incidents and quotes do not overlap. Records are written one after the other, so memory stays small.

A variant has many of its incidents in one large article, statements about them of which some stand against others, and
aliases of places, people and organizations.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, product
from pathlib import Path
from random import Random
from typing import Any

from app.ingest.texts.passages import digest
from app.model.codebook import shipped

VALUES = {name: shipped().values(name) for name in shipped().vocabularies}
"""The values of each vocabulary."""

Json = dict[str, Any]

PER_ARTICLE = 250
ROOM = 2_000
"""Characters that the passages of an incident, its quote and its statement lie in."""

IN_A_PARAGRAPH, IN_A_LONG_ONE = 2, 50
"""So many incidents share a paragraph; in the large article, which would have too many paragraphs otherwise, more."""

FIRST_YEAR = 1990
_SYLLABLES = ["".join(pair) for pair in product("bdfghjklmnrstvz", "aeiou")]
_VOCABULARY = 4_000
_LONGEST_SPAN_OF_YEARS = 30
_INCIDENTS_A_YEAR = 10_000


@dataclass(frozen=True)
class Size:
    """How much there is of everything. `in_one` of the incidents stand in the first article, if any. `years` grows with
    the archive up to 30, so that a month is never empty."""

    incidents: int
    in_one: int = 0

    @property
    def articles(self) -> int:
        return bool(self.in_one) + -(-(self.incidents - self.in_one) // PER_ARTICLE)

    def reported(self, article: int) -> range:
        """The numbers of the incidents in an article."""
        if self.in_one and article == 0:
            return range(self.in_one)
        first = self.in_one + (article - bool(self.in_one)) * PER_ARTICLE
        return range(first, min(first + PER_ARTICLE, self.incidents))

    def in_a_paragraph(self, article: int) -> int:
        return IN_A_LONG_ONE if self.in_one and article == 0 else IN_A_PARAGRAPH

    @property
    def places(self) -> int:
        return max(20, min(20_000, self.incidents // 50))

    @property
    def people(self) -> int:
        return max(20, min(50_000, self.incidents // 20))

    @property
    def organizations(self) -> int:
        return max(10, min(1_000, self.incidents // 500))

    @property
    def years(self) -> int:
        return max(1, min(_LONGEST_SPAN_OF_YEARS, self.incidents // _INCIDENTS_A_YEAR))


def marked_words() -> list[str]:
    """Words that stand in one incident of 200 each, and nowhere inside another word: only they have an x."""
    return [f"x{one}{two}{one}" for one, two in zip(_SYLLABLES[:20], _SYLLABLES[20:40], strict=True)]


def write(directory: Path, incidents: int, seed: int = 1, *, in_one: int = 0) -> None:
    """Writes the seed files of an archive with so many incidents, and as many quotes, to a directory. With `in_one` it
    is the variant in which so many of them stand in one article."""
    archive = _Archive(Size(incidents, in_one), Random(seed))
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / "places.jsonl", archive.places())
    _write(directory / "organizations.jsonl", archive.organizations())
    _write(directory / "people.jsonl", archive.people())
    for number in range(archive.size.articles):
        folder = directory / "articles" / _article_id(number)
        folder.mkdir(parents=True, exist_ok=True)
        # JSON is YAML too.
        (folder / "article.yaml").write_text(json.dumps(archive.article(number)), "utf-8")
        with ExitStack() as files:
            opened = [files.enter_context((folder / f"{name}.jsonl").open("w")) for name in archive.reporting]
            for records in archive.reported(number):
                for record, file in zip(records, opened, strict=True):
                    if record is not None:
                        file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _write(path: Path, records: Iterator[Json]) -> None:
    with path.open("w", encoding="utf-8") as lines:
        for record in records:
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")


def _article_id(number: int) -> str:
    return f"report-{number:05d}"


class _Archive:
    """Makes the records, in the order in which they are written."""

    def __init__(self, size: Size, random: Random) -> None:
        self.size = size
        self._random = random
        words = {"".join(random.choices(_SYLLABLES, k=random.randint(1, 5))): None for _ in range(2 * _VOCABULARY)}
        self._words = list(words)[:_VOCABULARY]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))
        self._marked = marked_words()
        self._days = [date(FIRST_YEAR, 1, 1), date(FIRST_YEAR + size.years, 1, 1)]
        self._located = range(size.places // 10 + 1, size.places)
        self.reporting = ("incidents", "quotes", "statements") if size.in_one else ("incidents", "quotes")

    def places(self) -> Iterator[Json]:
        """A country, provinces in it, and below them what has a point."""
        provinces = self.size.places // 10
        below = [kind for kind in VALUES["place.kind"] if kind not in ("country", "province")]
        for number in range(self.size.places):
            kind = "country" if number == 0 else "province" if number <= provinces else self._random.choice(below)
            record: Json = {"id": f"place-{number:05d}", "name": self._name(), "named": True, "kind": kind}
            if number:
                parent = 0 if number <= provinces else self._random.randint(1, provinces)
                record["parents"] = [{"id": f"place-{parent:05d}", "basis": "stated"}]
            if number in self._located:
                record["coordinate"] = {
                    "latitude": round(self._random.uniform(29, 37), 4),
                    "longitude": round(self._random.uniform(39, 48), 4),
                    "precision": "locality",
                    "radius_m": self._random.choice((500, 2_000, 5_000)),
                    "source": "invented",
                }
            yield {**record, **self._aliases(), "evidence": [self._shared("name")]}

    def organizations(self) -> Iterator[Json]:
        kinds = VALUES["organization.kind"]
        for number in range(self.size.organizations):
            record: Json = {"id": f"group-{number:04d}", "name": self._name(), "kind": self._random.choice(kinds)}
            if number > 4 and self._chance(0.3):
                record["parents"] = [{"id": f"group-{self._random.randrange(4):04d}"}]
            yield {**record, **self._aliases(), "evidence": [self._shared("name")]}

    def people(self) -> Iterator[Json]:
        roles = VALUES["person.roles"]
        for number in range(self.size.people):
            record: Json = {
                "id": f"person-{number:06d}",
                "roles": self._random.sample(roles, self._random.randint(1, 2)),
            }
            if self._chance(0.6):
                record |= {"name": f"{self._name()} {self._name()}", "group_size": 1}
            else:
                record |= {"label": self._sentence(3, 6), "anonymity": "unnamed"}
            if self._chance(0.5):
                record["organizations"] = [{"id": self._organization(), "role": self._sentence(1, 2)}]
            record |= self._aliases() | {"life_status": "not_stated"}
            yield {**record, "evidence": [self._shared("name"), self._shared("role")]}

    def _aliases(self) -> Json:
        """Other names, in the variant that has some."""
        if not self.size.in_one or self._chance(0.5):
            return {}
        return {"aliases": [{"name": self._name()} for _ in range(self._random.choice((1, 1, 2, 4)))]}

    def article(self, number: int) -> Json:
        together = self.size.in_a_paragraph(number)
        paragraphs = -(-max(PER_ARTICLE, len(self.size.reported(number))) // together)
        id_ = _article_id(number)
        return {
            "id": id_,
            "title": self._sentence(6, 10),
            "authors": [f"{self._name()} {self._name()}"],
            "publishers": ["The Invented Archive"],
            "published": (self._days[1] + timedelta(days=number % 365)).isoformat(),
            "language": "en",
            "url": f"https://archive.example/{id_}/",
            "rights": "Invented; free to use.",
            "paragraphs": [
                {"kind": "body", "length": together * ROOM, "sha256": digest(f"{id_} {paragraph}")}
                for paragraph in range(1, paragraphs + 1)
            ],
        }

    def reported(self, number: int) -> Iterator[tuple[Json | None, ...]]:
        """The incidents of an article, each with the quote that stands beside it, and perhaps a statement."""
        numbers, together = self.size.reported(number), self.size.in_a_paragraph(number)
        for place, incident in enumerate(numbers):
            position = _Position(place // together + 1, place % together * ROOM)
            beside = self._incident(incident, numbers.start, position), self._quote(incident, position)
            yield (*beside, self._statement(incident, numbers.start, position)) if self.size.in_one else beside

    def _incident(self, number: int, first: int, position: "_Position") -> Json:
        kinds = VALUES["incident.kind"]
        places = self._random.sample(self._located, self._random.choice((1, 2, 2, 3)))
        record: Json = {
            "id": f"incident-{number:07d}",
            "title": self._sentence(6, 10),
            "summary": self._summary(),
            "kind": self._random.choice(kinds),
            "granularity": self._random.choices(VALUES["incident.granularity"], (90, 8, 2))[0],
            "places": [
                {"id": f"place-{place:05d}", "role": role, "certainty": self._certainty()}
                for place, role in zip(places, ("scene", "nearby", "context"), strict=False)
            ],
            "actors": self._actors(),
            "evidence": [self._passage(field, position) for field in ("what", "when", "where", "who")],
            "casualties": self._claims(number, position),
        }
        if self._chance(0.98):
            record["date"] = {"edtf": self._date()}
        if self._chance(0.85):
            record["location"] = f"place-{places[0]:05d}"
        if self._chance(0.1):
            record["also_kinds"] = [self._random.choice([kind for kind in kinds if kind != record["kind"]])]
        if self._chance(0.4):
            record["outcome"] = self._sentence(5, 10)
        if self._chance(0.5):
            record["note"] = self._sentence(8, 20)
        if number > first and self._chance(0.03):
            record["parent"] = f"incident-{first:07d}"
            for claim in record["casualties"]:
                claim |= {"counted": False, "note": "Counted with the operation."}
        if number > first + 1 and self._chance(0.1):
            record["related"] = [f"incident-{number - 1:07d}"]
        return record

    def _actors(self) -> list[Json]:
        roles = self._random.sample(VALUES["incident.actors.role"], self._random.choice((1, 2, 2, 3)))
        who = ({"id": self._organization()}, {"id": self._person()}, {"label": self._sentence(2, 4)})
        return [
            {**self._random.choices(who, (5, 4, 1))[0], "role": role, "certainty": self._certainty()} for role in roles
        ]

    def _claims(self, number: int, position: "_Position") -> list[Json]:
        harms = list(product(VALUES["casualty.group"], VALUES["casualty.outcome"]))
        chosen = self._random.sample(harms, self._random.choices((1, 2, 3), (70, 20, 10))[0])
        return [self._claim(f"claim-{number:07d}-{index}", *harm, position) for index, harm in enumerate(chosen, 1)]

    def _claim(self, id_: str, group: str, outcome: str, position: "_Position") -> Json:
        low = self._random.choices((1, 2, 3, 5, 12, 40), (40, 25, 15, 10, 8, 2))[0]
        basis = self._random.choice(VALUES["casualty.basis"])
        record: Json = {"id": id_, "group": group, "outcome": outcome, "basis": basis}
        if self._chance(0.9):
            record["low"] = low
        if self._chance(0.8):
            record["high"] = low + self._random.choice((0, 0, 0, 1, 4))
        if self._chance(0.4):
            record["claimed_by"] = self._person() if self._chance(0.5) else self._organization()
        if self._chance(0.1):
            record["people"] = [self._person()]
        if self._chance(0.05):
            record |= {"counted": False, "note": self._sentence(6, 12)}
        return {**record, "evidence": [self._passage("count", position)]}

    def _quote(self, number: int, position: "_Position") -> Json:
        exact = f"“{self._sentence(8, 28)},”"
        record: Json = {
            "id": f"quote-{number:07d}",
            "kind": "direct" if self._chance(0.8) else "partial",
            "spans": [{**position.span(exact), "exact": exact}],
            "speaker": self._person() if self._chance(0.9) else self._organization(),
            "evidence": [self._passage("who", position)],
        }
        if self._chance(0.9):
            record["incidents"] = [f"incident-{number:07d}"]
        return record

    def _statement(self, number: int, first: int, position: "_Position") -> Json | None:
        """About every fourth incident; one of 25 of them stands against the one before it."""
        if (number - first) % 4:
            return None
        record: Json = {
            "id": f"statement-{number:07d}",
            "stance": self._random.choice(VALUES["statement.stance"]),
            "gist": self._sentence(6, 14),
            "about": {"incidents": [f"incident-{number:07d}"]},
            "evidence": [self._passage("what", position)],
        }
        if self._chance(0.7):
            record["by"] = self._person()
        if number > first and self._chance(0.04):
            record["contradicts"] = [f"statement-{number - 4:07d}"]
        return record

    def _date(self) -> str:
        """Mostly a day; also a month, a year, or a range of days."""
        day = self._days[0] + timedelta(days=self._random.randrange((self._days[1] - self._days[0]).days))
        last = day + timedelta(days=self._random.randint(1, 20))
        forms = (day.isoformat(), f"{day:%Y-%m}", f"{day:%Y}", f"{day.isoformat()}/{last.isoformat()}")
        return self._random.choices(forms, (72, 15, 5, 8))[0]

    def _summary(self) -> str:
        text = self._sentence(20, 45)
        return f"{text} {self._random.choice(self._marked)}" if self._chance(len(self._marked) / 200) else text

    def _passage(self, field: str, position: "_Position") -> Json:
        return {"field": field, **position.span(self._sentence(3, 9))}

    def _shared(self, field: str) -> Json:
        """A piece of evidence of a shared record, somewhere in an article."""
        position = _Position(1, self._random.randrange(IN_A_PARAGRAPH * ROOM - 200))
        return {**self._passage(field, position), "article": _article_id(self._random.randrange(self.size.articles))}

    def _sentence(self, fewest: int, most: int) -> str:
        count = self._random.randint(fewest, most)
        return " ".join(self._random.choices(self._words, cum_weights=self._weights, k=count)).capitalize()

    def _name(self) -> str:
        return "".join(self._random.choices(_SYLLABLES, k=self._random.randint(2, 4))).capitalize()

    def _certainty(self) -> str:
        return self._random.choices(VALUES["certainty"], (70, 10, 10, 8, 2))[0]

    def _organization(self) -> str:
        return f"group-{self._random.randrange(self.size.organizations):04d}"

    def _person(self) -> str:
        return f"person-{self._random.randrange(self.size.people):06d}"

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


class _Position:
    """Where the next passage of a paragraph begins."""

    def __init__(self, paragraph: int, start: int) -> None:
        self._paragraph = paragraph
        self._start = start

    def span(self, text: str) -> Json:
        """The next passage, with these words."""
        start, end = self._start, self._start + len(text)
        self._start = end + 1
        words = text.strip("“,”").split(" ")
        # No two links are the same: the word before each is another.
        before = f"{self._paragraph}s{start}"
        span = {"at": f"{self._paragraph}:{start}-{end}", "sha256": digest(text), "first": words[0], "before": before}
        return span | ({"last": words[-1]} if len(words) > 1 else {})
