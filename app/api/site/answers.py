"""Answers of the API for pages: those of one release, with labels and names in the language of the page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.api import pages
from app.api.answers import article_evidence, changelog, citations, corrections, histories, lists
from app.api.counting import aggregations
from app.api.parameters.parsing import parse
from app.api.parameters.records import list_model, record_choices, record_model
from app.api.routes.evidence import EvidenceFilters
from app.api.routes.search import SearchFilters, search_results
from app.api.routes.summary import SUM_CHOICES, SUM_FILTERS
from app.model.languages import LANGUAGES, Language
from app.queries.filters import ChangeFilters, CorrectionFilters, DetailFilters, HistoryFilters
from app.records import BY_TYPE, RECORD_TYPES
from app.storage.snapshot import Snapshot

Items = Sequence[tuple[str, str]]
Json = dict[str, Any]

MAX_PAGE = 500
"""How many records a page of the API has at most."""


@dataclass(frozen=True)
class Answers:
    """What the API answers, as a page asks it. Problems are raised as they are there."""

    snapshot: Snapshot
    language: Language
    _languages: dict[str, str] = field(default_factory=dict)

    def records(self, name: str, items: Items = ()) -> Json:
        """Returns the body of `/v1/<name>`."""
        codebook, model = self.snapshot.codebook, record_model(list_model(name), name)
        filters = parse(model, [*items, *self._names_in_language()], record_choices(name, codebook), codebook)
        request = pages.RequestUrl(f"/v1/{name}", items)
        answer: Json = orjson.loads(
            lists.list_records(self.snapshot, RECORD_TYPES[name], filters, request, self.language).body
        )
        return answer

    def record(self, name: str, id_: str, include: list[str] | None = None) -> Json:
        """Returns the body of `/v1/<name>/{id}`. What is missing or has moved is named by the paths of pages."""
        filters = DetailFilters(include=include or [], lang=dict(self._names_in_language()).get("lang"))
        request = pages.RequestUrl(f"/{name}/{id_}", [])
        answer: Json = orjson.loads(pages.get_record(self.snapshot, RECORD_TYPES[name], id_, filters, request).body)
        return answer

    def sums(self, items: Items, group_by: str) -> Json:
        """Returns the body of `/v1/casualties/summary`."""
        items = [*items, ("group_by", group_by)]
        filters = parse(SUM_FILTERS, items, SUM_CHOICES, self.snapshot.codebook)
        request = pages.RequestUrl("/v1/casualties/summary", items)
        answer: Json = orjson.loads(aggregations.summary(self.snapshot, filters, request, self.language).body)
        return answer

    def search(self, q: str, kind: str | None = None, limit: int = 100) -> Json:
        """Returns the body of `/v1/search`, for one type or all."""
        items = [("q", q), ("limit", str(limit)), *([("type", kind)] if kind else [])]
        filters = parse(SearchFilters, [*items, *self._names_in_language()], {})
        request = pages.RequestUrl("/v1/search", items)
        answer: Json = orjson.loads(search_results(self.snapshot, filters, request).body)
        return answer

    def language_of(self, record: Json) -> str:
        """Returns the language of the article that a record is from, in which its words are, as a tag (BCP 47)."""
        article = record["article"]["id"]
        if article not in self._languages:
            self._languages[article] = self.record("articles", article)["data"]["language"]
        return self._languages[article]

    def history(self, kind: str, id_: str) -> list[Json]:
        """Returns what each release did to a record."""
        request = pages.RequestUrl(f"/v1/{BY_TYPE[kind].name}/{id_}/history", [])
        entries: list[Json] = orjson.loads(
            histories.history_page(self.snapshot, kind, id_, HistoryFilters(), request).body
        )["data"]
        return entries

    def citation(self, name: str, id_: str, base: str) -> citations.Citation:
        """Returns how to cite a record."""
        return citations.cite(self.snapshot, citations.Target(RECORD_TYPES[name], id_, "", ()), base)

    def corrections(self, incident: str) -> list[Json]:
        """Returns the corrections of an incident and of the claims about it, the newest first."""
        filters = CorrectionFilters(incident=[incident])
        return corrections.corrections(self.snapshot, filters, filters.limit).entries

    def release(self, number: int) -> Json:
        """Returns one release."""
        request = pages.RequestUrl(f"/v1/releases/{number}", [])
        found: Json = orjson.loads(changelog.release_detail(self.snapshot, number, request).body)["data"]
        return found

    def changes(self, since: int, limit: int) -> list[Json]:
        """Returns the first steps of the log behind a release, each with the newest state of its record."""
        filters = ChangeFilters(since=since, limit=limit, history=True, include=["document"])
        page = changelog.changes_page(self.snapshot, filters, pages.RequestUrl("/v1/changes", []))
        entries: list[Json] = orjson.loads(page.body)["data"]
        return entries

    def passages(self, article: str) -> list[Json]:
        """Returns all passages of an article with the records that rest on them."""
        found, cursor, request = list[Json](), None, pages.RequestUrl(f"/v1/articles/{article}/evidence", [])
        while True:
            filters = EvidenceFilters(limit=MAX_PAGE, cursor=cursor)
            answer = orjson.loads(article_evidence.passages(self.snapshot, article, filters, request).body)
            found += answer["data"]
            if (cursor := answer["meta"]["next_cursor"]) is None:
                return found

    def _names_in_language(self) -> Items:
        return [] if self.language == LANGUAGES[0] else [("lang", self.language)]
