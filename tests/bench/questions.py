"""The requests of the benchmark. The service and its naive twin get the same ones, and must respond alike."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any

from app.model.codebook import shipped
from tests.bench.invention import FIRST_YEAR, Size, marked_words
from tests.bench.load import Question, answer
from tests.bench.servers import BenchError, Server

_KINDS = shipped().values("incident.kind")
ASKED = 200
FEATURES = 1_000
PAGE = "/v1/incidents?limit=50&sort=-date"
EXPORT = "/v1/incidents.ndjson"
_DEEP = 0.9
_STEP = 500


@dataclass(frozen=True)
class Questions:
    """The questions of a run. `deep` begins behind `skipped` records, by cursor and by offset."""

    lists: list[Question]
    records: list[Question]
    words: list[Question]
    boxes: list[Question]
    first: Question
    deep: Question
    deep_by_offset: Question
    skipped: int
    facets: list[Question]


def questions(size: Size, server: Server) -> Questions:
    """The questions about an archive of this size. Boxes and the deep page are found by asking the service."""
    random = Random(1)
    lists, records = some_lists(size, random), some_records(size, random)
    words = [f"/v1/incidents?q={word}&limit=50&sort=-date" for word in marked_words()]
    cursor, skipped = _deep(server, int(size.incidents * _DEEP))
    return Questions(
        lists=lists,
        records=records,
        words=[Question(path) for path in words],
        boxes=[Question(f"/v1/incidents.geojson?bbox={box}") for box in _boxes(server, size)],
        first=Question(PAGE),
        deep=Question(f"{PAGE}&cursor={cursor}"),
        deep_by_offset=Question(f"{PAGE}&offset={skipped}"),
        skipped=skipped,
        facets=[Question(f"/v1/facets?of=incidents&facet=place,actor,month&kind={kind}") for kind in _KINDS],
    )


def some_lists(size: Size, random: Random) -> list[Question]:
    """Lists of 50 of a kind and a month, the newest first."""
    months = [f"{FIRST_YEAR + year}-{month:02d}" for year in range(size.years) for month in range(1, 13)]
    chosen = random.sample(list(product(_KINDS, months)), ASKED)
    return [Question(f"/v1/incidents?kind={kind}&datetime={month}&limit=50&sort=-date") for kind, month in chosen]


def some_records(size: Size, random: Random) -> list[Question]:
    """Records, by their ids."""
    return [Question(f"/v1/incidents/incident-{random.randrange(size.incidents):07d}") for _ in range(ASKED)]


def compare(questions: Questions, service: Server, naive: Server) -> int:
    """How many answers were compared. Raises BenchError for the first pair that is not the same."""
    same = [*questions.lists, *questions.records[:50], *questions.words, questions.boxes[0], questions.first]
    pairs = [(one, one) for one in same] + [(questions.deep, questions.deep_by_offset)]
    for ours, theirs in pairs:
        if _data(answer(service, ours.path)[1]) != _data(answer(naive, theirs.path)[1]):
            raise BenchError(f"the service and its twin answer {ours.path} differently")
    return len(pairs)


def tags(questions: list[Question], server: Server) -> list[Question]:
    """The same questions from a client that has the answers."""
    return [Question(one.path, dict(answer(server, one.path)[0])["etag"]) for one in questions]


def listed(questions: list[Question], server: Server) -> float:
    """How many records an answer to a list holds on average."""
    return sum(len(_data(answer(server, one.path)[1])) for one in questions) / len(questions)


def _data(body: bytes) -> list[Any]:
    """The records of an answer, or its features."""
    parsed = json.loads(body)
    data: list[Any] = parsed["features"] if "features" in parsed else parsed["data"]
    return data


def _deep(server: Server, wanted: int) -> tuple[str, int]:
    """The cursor of a page behind so many records, or somewhat less, and how many they are."""
    path, skipped, cursor = f"/v1/incidents?limit={_STEP}&sort=-date&fields=id", 0, ""
    while skipped + _STEP <= wanted:
        page = json.loads(answer(server, f"{path}&cursor={cursor}" if cursor else path)[1])
        skipped += _STEP
        cursor = page["links"]["next"].partition("cursor=")[2]
    return cursor, skipped


def _boxes(server: Server, size: Size) -> Iterator[str]:
    """Boxes with about 1,000 features each, or with a quarter of a small archive: found by halving."""
    wanted = min(FEATURES, size.incidents // 4)
    for longitude, latitude in ((42.0, 31.5), (43.5, 33.0), (45.0, 34.5)):
        smallest, largest = 0.0, 4.5
        for _ in range(16):
            half = (smallest + largest) / 2
            box = f"{longitude - half:.4f},{latitude - half:.4f},{longitude + half:.4f},{latitude + half:.4f}"
            path = f"/v1/incidents?bbox={box}&count=exact&limit=1&fields=id"
            matched = json.loads(answer(server, path)[1])["meta"]["matched"]
            if abs(matched - wanted) <= wanted // 50:
                break
            smallest, largest = (half, largest) if matched < wanted else (smallest, half)
        yield box
