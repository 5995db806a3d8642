"""The language of labels: `lang` in the URL goes before `Accept-Language`."""

from starlette.requests import Request

from app.model.languages import Language, offered_language
from app.server.negotiation import Preferences


def requested_language(request: Request, lang: str | None) -> Language:
    """Returns the language that a request wants labels in."""
    return Preferences.of(request.scope["headers"]).language if lang is None else offered_language(lang)


def language_headers(language: Language, lang: str | None) -> dict[str, str]:
    """Returns the headers of a response with labels. It varies only if the URL does not say the language."""
    return {"Content-Language": language, **({"Vary": "Accept-Language"} if lang is None else {})}
