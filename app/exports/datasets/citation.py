"""`CITATION.cff` of the data package: how to cite a release of the data (Citation File Format 1.2.0)."""

from typing import Any

import yaml

from app.storage.release_info import ReleaseInfo

_MESSAGE = "If you use these data, cite this release, and the article that a record rests on."


def citation(release: ReleaseInfo, sources: list[dict[str, str]]) -> str:
    """Returns the file. The authors are those of the articles, which everything in the data rests on."""
    authors = list(dict.fromkeys(name for source in sources for name in _names(source["authors"])))
    document = {
        "cff-version": "1.2.0",
        "message": _MESSAGE,
        "type": "dataset",
        "title": f"Dateline, release {release.number}",
        "version": str(release.number),
        "date-released": release.loaded_at[:10],
        "identifiers": [{"type": "other", "value": f"sha256:{release.digest}", "description": "Digest of the release"}],
        "license": "MIT",
        "authors": [{"name": name} for name in authors or ["Dateline"]],
        "references": [_article(one) for one in sources],
    }
    kept = {key: value for key, value in document.items() if value}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=120)


def _article(source: dict[str, str]) -> dict[str, Any]:
    article: dict[str, Any] = {"type": "article", "title": source["title"]}
    article["authors"] = [{"name": name} for name in _names(source["authors"]) or _names(source["publishers"])]
    article["publisher"] = {"name": ", ".join(_names(source["publishers"]))}
    return article | ({"url": source["path"]} if source["path"] else {}) | {"copyright": source["rights"]}


def _names(joined: str) -> list[str]:
    return [name for name in joined.split("|") if name]
