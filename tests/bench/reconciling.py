"""`python -m tests.bench.reconciling`: how long it takes to find the places that a table means among 20,000 of them."""

import json
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2 as httpx
import typer

from tests.bench import invention
from tests.bench.servers import service
from tests.conftest import load_seed

PLACES, NAMES, BATCH, SINGLE = 20_000, 1_000, 50, 200
_SYLLABLES = "ba da di ga gh ha ja ka kir ku la ma mu na ne ni no os ra riy sa ta ti tu wa ya za zu".split()


def main() -> None:
    """Measure one name at a time, for ten candidates, and a table of a thousand names in batches of fifty."""
    chance = random.Random(7)
    names = [_name(chance) for _ in range(PLACES)]
    misspelt = [_misspelt(one, chance) for one in chance.sample(names, NAMES)]
    with TemporaryDirectory() as folder:
        invention.write(seed := Path(folder) / "seed", 1_000)
        with (seed / "places.jsonl").open("r+") as file:
            like = json.loads(file.readlines()[-1])
            file.writelines(
                f"{json.dumps(like | {'id': f'village-{at}', 'name': one})}\n" for at, one in enumerate(names)
            )
        url = f"sqlite:///{folder}/dateline.db"
        load_seed(url, seed)
        with (
            service("the service", url, {}) as server,
            httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=120) as client,
        ):
            began = time.perf_counter()
            _asked(client, misspelt[:1])
            typer.echo(f"first question of a release, which reads all names: {time.perf_counter() - began:.2f} s")
            alone = list(_seconds(client, [[one] for one in misspelt[:SINGLE]]))
            typer.echo(f"10 candidates for a name: median {statistics.median(alone) * 1000:.1f} ms")
            together = sum(_seconds(client, [misspelt[at : at + BATCH] for at in range(0, NAMES, BATCH)]))
            typer.echo(f"{NAMES:,} names: {together:.2f} s")


def _seconds(client: httpx.Client, batches: list[list[str]]) -> Iterator[float]:
    for batch in batches:
        began = time.perf_counter()
        _asked(client, batch)
        yield time.perf_counter() - began


def _asked(client: httpx.Client, names: list[str]) -> None:
    queries = {str(number): {"query": name, "type": "places", "limit": 10} for number, name in enumerate(names)}
    client.post("/reconcile", data={"queries": json.dumps(queries)}).raise_for_status()


def _name(chance: random.Random) -> str:
    words = ("".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(chance.randint(1, 2)))
    return " ".join(word.capitalize() for word in words)


def _misspelt(name: str, chance: random.Random) -> str:
    at = chance.randrange(len(name))
    return f"{name[:at]}{chance.choice('aeiou')}{name[at + 1 :]}"


if __name__ == "__main__":
    typer.run(main)
