"""Citations of records and lists in one release: their title, whose reporting they are, and where they stay."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson
from pydantic import BaseModel
from sqlalchemy import select
from sqlmodel import col

from app.api import pages
from app.api.links import address
from app.api.parameters import record_ids
from app.api.parameters.parsing import parse
from app.api.parameters.records import list_model, record_choices, record_model
from app.api.routes.representations import export_suffixes
from app.model.digests import Data
from app.problems import BadParameter, Merged, NotFound
from app.queries.filters import DetailFilters
from app.queries.plan import chooses
from app.queries.record_type import RecordType
from app.queries.values import RELEASE
from app.records import RECORD_TYPES
from app.records.articles import ARTICLES
from app.storage.models import Evidence
from app.storage.read_kinds import ReadKind, reads
from app.storage.registry import document_of
from app.storage.snapshot import Snapshot

NAME = "Dateline"

MAX_ARTICLES = 20
"""Articles whose authors and publishers a citation names."""

_PATH = re.compile(r"(?:/v1)?/(?P<name>[a-z]+)(?P<suffix>\.[a-z.]+)?(?:/(?P<id>[^/.]+)(?P<format>\.[a-z.]+)?)?/?")
_OF_PAGES = ("lang",)


class Target(NamedTuple):
    """What is to be cited: a record or, without an `id`, a list, as JSON or in another format (`suffix`)."""

    resource: RecordType
    id: str | None
    suffix: str
    items: Sequence[tuple[str, str]]

    @property
    def path(self) -> str:
        """Its path in the API."""
        return f"/v1/{self.resource.name}{f'/{self.id}' if self.id else ''}{self.suffix}"

    @property
    def release(self) -> str | None:
        """The release that it names itself."""
        return next((value for name, value in self.items if name == RELEASE), None)


def target_of(url: str, base: str) -> Target:
    """Returns what a URL of this service leads to, its path or with the public address (`base`) before it; pages stand
    for their record or list. Raises BadParameter for anything else."""
    try:
        asked, own = urlsplit(url), urlsplit(base)
    except ValueError as error:
        raise _wrong("is no address") from error
    path = asked.path
    if asked.scheme or asked.netloc:
        if asked.netloc.lower() != own.netloc.lower() or not path.startswith(own.path):
            raise _wrong(f"leads to another origin; only addresses of {base} and paths (/v1/…) can be cited")
        path = path.removeprefix(own.path)
    items = parse_qsl(asked.query, keep_blank_values=True)
    if not path.startswith("/v1/"):
        items = [item for item in items if item[0] not in _OF_PAGES]
    found = _PATH.fullmatch("/incidents" if path == "/" else path)
    resource = RECORD_TYPES.get(found["name"]) if found else None
    if found is None or resource is None or (found["suffix"] and found["id"]):
        raise _wrong("is no record or list: take the address of one, such as /v1/incidents")
    if not any(name == RELEASE for name, _ in items):
        items = [item for item in items if item[0] != "cursor"]  # which is that of a page in the newest release
    suffix = found["suffix"] or found["format"] or ""
    if suffix and suffix not in export_suffixes(resource.name):
        raise _wrong(f"has the ending '{suffix}', which is no format of a record or list")
    return Target(resource, found["id"], suffix, items)


def _wrong(why: str) -> BadParameter:
    return BadParameter.of("url", f"Parameter 'url' {why}.", "/v1/incidents")


@dataclass(frozen=True)
class Citation:
    """What a citation says; `digest` is the SHA-256 of the record or, for a list, that of its whole release."""

    title: str
    kind: str
    authors: list[str]
    publishers: list[str]
    articles: list[str]
    release: int
    date: str
    digest: str
    url: str

    @property
    def path(self) -> str:
        """Returns the path of the address, with its parameters."""
        return "/v1/" + self.url.partition("/v1/")[2]

    @property
    def key(self) -> str:
        """What reference managers call it."""
        words = re.sub(r"[^a-z0-9]+", "-", self.path.removeprefix("/v1/").lower()).strip("-")
        return f"dateline-{words}"

    @property
    def _proof(self) -> str:
        whose = "release" if self.kind == "list" else "record"
        return f"SHA-256 of the {whose}: {self.digest}"

    def csl(self) -> Data:
        """Returns the item in CSL-JSON."""
        day = date.fromisoformat(self.date)
        return {
            "id": self.key,
            "type": "dataset",
            "title": self.title,
            "author": [{"literal": author} for author in self.authors],
            "publisher": "; ".join(self.publishers),
            "container-title": NAME,
            "version": str(self.release),
            "issued": {"date-parts": [[day.year, day.month, day.day]]},
            "URL": self.url,
            "note": self._proof,
        }

    def bibtex(self) -> str:
        """Returns the entry in BibTeX."""
        day = date.fromisoformat(self.date)
        fields = {
            "author": " and ".join(f"{{{_escaped(author)}}}" for author in self.authors),
            "title": f"{{{_escaped(self.title)}}}",
            "howpublished": _escaped(f"{NAME}, release {self.release}"),
            "publisher": _escaped("; ".join(self.publishers)),
            "year": str(day.year),
            "url": self.url.translate(_IN_URLS),
            "note": _escaped(self._proof),
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        return ",\n".join([f"@misc{{{self.key}", *lines, f"  month = {day:%b}".lower()]) + "\n}\n"

    def text(self) -> str:
        """Returns the citation as a line of text."""
        day = date.fromisoformat(self.date)
        publishers = f"({'; '.join(self.publishers)})" if self.publishers else ""
        who = " ".join(filter(None, (_listed(self.authors), publishers)))
        when = f"{NAME}, release {self.release}, {day.day} {day:%B %Y}"
        title = self.title.removesuffix(".")  # what is said ends itself, and what is a title does not
        line = ". ".join(filter(None, (who, title, when, self.url))) + f" ({self._proof})"
        return line.translate(_WITHOUT_DIRECTIONS)


_WITHOUT_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Controls of the direction of text. One that a title does not end would turn around what follows it in the line."""

_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_TEX |= {sign: f"\\{sign}" for sign in "{}%&$#_"}
_IN_URLS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})


def _escaped(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in text)


def _listed(names: Sequence[str]) -> str:
    return ", ".join([*names[:-2], " and ".join(names[-2:])])


@reads(ReadKind.COUNT)
def cite(snapshot: Snapshot, target: Target, base: str) -> Citation:
    """Returns the citation of a target in the release of the snapshot. Raises BadParameter for one that is not there,
    and Gone and Merged as the record itself does."""
    try:
        title, kind, digest, articles = _record(snapshot, target) if target.id else _list(snapshot, target)
    except NotFound as error:
        raise BadParameter.of("url", f"Parameter 'url' leads to nothing: {error.detail}") from error
    except Merged as moved:
        successor = address("/v1/cite", [("url", moved.headers["Location"])])
        raise Merged(moved.detail, headers={"Location": successor}) from moved
    except BadParameter as error:
        raise BadParameter.of("url", f"Parameter 'url' cannot be answered: {error.detail}") from error
    permanent = pages.RequestUrl(target.path, target.items).permanent(snapshot.release.number)
    return Citation(
        title,
        kind,
        list(dict.fromkeys(author for article in articles for author in article["authors"])),
        list(dict.fromkeys(publisher for article in articles for publisher in article["publishers"])),
        [article["id"] for article in articles],
        snapshot.release.number,
        snapshot.release.loaded_at[:10],
        digest,
        base + permanent.get("permanent", address(target.path, target.items)),
    )


Cited = tuple[str, str, str, list[Any]]


def _record(snapshot: Snapshot, target: Target) -> Cited:
    resource, id_ = target.resource, str(target.id)
    _parsed(snapshot, target, DetailFilters)
    text = pages.find_document(snapshot, resource, id_, pages.RequestUrl(f"/v1/{resource.name}/{id_}", target.items))
    table = resource.table
    digest: str = snapshot.value(select(col(table.digest)).where(col(table.id) == id_))
    its = select(col(Evidence.article_id)).where(
        col(Evidence.record_type) == resource.type, col(Evidence.record_id) == id_
    )
    articles = _articles(snapshot, [id_] if resource is ARTICLES else its)
    return resource.title(orjson.loads(text)), resource.type, digest, articles


def _list(snapshot: Snapshot, target: Target) -> Cited:
    resource = target.resource
    filters = record_ids.resolve_ids(snapshot, _parsed(snapshot, target, list_model(resource.name)))
    chosen = "; ".join(f"{name} = {value}" for name, value in target.items if chooses(name) and name != RELEASE)
    title = f"{resource.name.capitalize()}{f' ({chosen})' if chosen else ''}"
    conditions = resource.conditions(filters)
    if not conditions:
        articles = _articles(snapshot, None)
    else:
        ids = resource.select(conditions, col(resource.table.id))
        found = snapshot.column(ids.limit(MAX_ARTICLES)) if resource is ARTICLES else None
        its = select(col(Evidence.article_id)).where(
            col(Evidence.record_type) == resource.type, col(Evidence.record_id).in_(ids)
        )
        articles = _articles(snapshot, its if found is None else found)
    return title, "list", snapshot.release.digest, articles


def _parsed(snapshot: Snapshot, target: Target, model: type[BaseModel]) -> Any:
    """Returns what the target's own parameters ask for; of a file, what chooses its records."""
    name, codebook = target.resource.name, snapshot.codebook
    items = [item for item in target.items if not target.suffix or chooses(item[0]) or item[0] == RELEASE]
    filters: type[BaseModel] = record_model(model, name)
    return parse(filters, items, record_choices(name, codebook), codebook)


def _articles(snapshot: Snapshot, ids: Any) -> list[Any]:
    """Returns the first articles of these ids, or of all, by their day of publication."""
    table = ARTICLES.table
    query = (
        select(document_of(table)).select_from(table).order_by(col(table.published), col(table.id)).limit(MAX_ARTICLES)
    )
    if ids is not None:
        query = query.where(col(table.id).in_(ids))
    return [orjson.loads(text) for text in snapshot.column(query.limit(MAX_ARTICLES))]
