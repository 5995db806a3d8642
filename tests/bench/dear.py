"""`python -m tests.bench.dear [DATABASE_URL …]`: the ten dearest requests that fit 1 kB, and what each costs.

They were found by trying what asks most of every part: facets, sums, words, lists, files and pages, each with as many
parameters as have room. Without databases it makes two: the shipped article, and 20,000 invented incidents in one
article. Nothing is answered from memory.
"""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from app.ingest.release.loading import load
from app.records import RECORD_TYPES
from app.settings import SEED
from app.storage.database import Database
from app.storage.schema import migrate
from tests.bench import invention
from tests.bench.servers import Server, service

INCIDENTS = 20_000
LONGEST = 1_000
"""Bytes of a request line's path and query."""

_CONSONANTS, _VOWELS = "bdfghjklmnrstvz", "aeiou"


def requests(server: Server) -> dict[str, str]:
    """What is asked, by what it is called. Ids are those of the database."""
    (article,), actors, places = (_ids(server, *asked) for asked in (("articles", 1), ("people", 100), ("places", 100)))
    syllables = [f"{one}{other}" for one, other in product(_CONSONANTS, _VOWELS)]
    words = [f"{one}b*" for one in syllables[:24]]
    three = "q=b*+d*+k*"
    claims, incidents = (
        f"/v1/facets?of={one}&facet={','.join(RECORD_TYPES[one].facets.keys() - {'day'})}&z=8"
        for one in ("casualties", "incidents")
    )
    sums = "/v1/casualties/summary?limit=500&group_by="
    everywhere = "bbox=-180,-90,180,90&near=44,34&radius_km=20000&location_match=certain&has_location=true"
    return {
        "facets of claims, 24 beginnings": f"{claims}&q={'+'.join(words)}",
        "facets of claims, three letters": f"{claims}&{three}",
        "facets of claims, as many actors as fit": _filled(claims, "actor", actors),
        "facets of claims, article, dates, whole map": f"{claims}&article={article}&datetime=1000/3000&{everywhere}",
        "facets of incidents, one letter": f"{incidents}&q=b*",
        "facets of incidents, as many places as fit": _filled(incidents, "place", places),
        "sums by place, month, claimant": f"{sums}place,month,claimed_by",
        "sums by place, claimant, incident, three letters": f"{sums}place,claimed_by,incident&{three}",
        "sums of an article's whole map": f"{sums}outcome&article={article}&{everywhere}",
        "search, six beginnings": f"/v1/search?limit=100&q={'+'.join(f'{one}*' for one in syllables[:6])}",
        "search, 24 beginnings": f"/v1/search?limit=100&q={'+'.join(words)}",
        "search, one letter": "/v1/search?limit=100&q=b*",
        "search, what must not be there": f"/v1/search?limit=100&q=b*+-{'+-'.join(words[:16])}",
        "claims by words, counted": f"/v1/casualties?limit=500&count=exact&{three}&{everywhere}",
        "map by words": f"/v1/incidents.geojson?{three}",
        "all incidents as CSV": "/v1/incidents.csv",
        "all incidents for GIS": "/ogc/collections/incidents/items?limit=10000",
        "incidents with all that they refer to": "/v1/incidents?limit=500&include=quotes,statements,places,people",
        "front page": _filled("/?sort=title", "place", places),
        "data set, made for the first who asks": "/v1/dataset.zip",
    }


def _ids(server: Server, resource: str, most: int) -> list[str]:
    return [one["id"] for one in json.loads(asked(server, f"/v1/{resource}?limit={most}&fields=id")[1])["data"]]


def _filled(url: str, parameter: str, values: list[str]) -> str:
    """The URL with as many values of a parameter as have room, each once."""
    for value in values:
        longer = f"{url}&{parameter}={value}"
        if len(longer) > LONGEST:
            break
        url = longer
    return url


def asked(server: Server, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=300)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _rows(server: Server) -> Iterator[tuple[float, str]]:
    for name, path in requests(server).items():
        before, began = server.cpu(), time.perf_counter()
        status, body = asked(server, path)
        took = time.perf_counter() - began
        cpu = _settled(server) - before
        cells = (name, f"{len(path)}", f"{status}", f"{cpu:.2f}", f"{took:.2f}", f"{len(body):,}")
        yield cpu, f"| {' | '.join(cells)} |"


def _settled(server: Server) -> float:
    """Its processor time once it rests: what was given up must not go on."""
    used = server.cpu()
    while True:
        time.sleep(0.3)
        now = server.cpu()
        if now - used < 0.03:
            return now
        used = now


def _table(url: str, most: int, seconds: float) -> None:
    settings = {"DATELINE_CACHE_BYTES": "0", "DATELINE_QUERY_SECONDS": f"{seconds:g}"}
    with service("the service", url, settings) as server:
        typer.echo("| request | bytes | status | processor s | answered after s | bytes of answer |")
        typer.echo("|---|---|---|---|---|---|")
        for _, row in sorted(_rows(server), reverse=True)[:most]:
            typer.echo(row)


def main(
    databases: Annotated[list[str] | None, typer.Argument(help="URLs of databases that are loaded already.")] = None,
    most: Annotated[int, typer.Option(help="How many of the dearest to show.")] = 10,
    seconds: Annotated[float, typer.Option(help="How long a request may read: many show what it would cost.")] = 5,
) -> None:
    """Seconds of the dearest requests."""
    with TemporaryDirectory(prefix="dateline-dear-") as folder:
        for name, url in databases_of(Path(folder)) if not databases else zip(databases, databases, strict=True):
            typer.echo(f"\n{name}\n")
            _table(url, most, seconds)


def databases_of(folder: Path) -> Iterator[tuple[str, str]]:
    """The shipped article, and an invented archive."""
    invention.write(folder / "seed", INCIDENTS, in_one=INCIDENTS)
    for name, seed in (("The shipped article", SEED), (f"{INCIDENTS:,} incidents in one article", folder / "seed")):
        url = f"sqlite:///{folder}/{seed.parent.name}.db"
        database = Database(url)
        migrate(database)
        load(seed, database)
        database.close()
        yield name, url


if __name__ == "__main__":
    typer.run(main)
