"""The text of a quote, put together from its spans."""

import pytest

from app.ingest.seed.record_seeds import QuoteSeed
from app.ingest.texts.passages import digest
from app.ingest.texts.quote_text import quote_text

DIRECT, PARTIAL, EMBEDDED = "direct", "partial", "embedded"

QUOTES = [
    # Kind, spans as printed, text: the quoted words are invented.
    (DIRECT, ["“They shot without warning,”"], "They shot without warning."),
    (DIRECT, ["“They shot.”"], "They shot."),
    (DIRECT, ["“Why?”"], "Why?"),
    (DIRECT, ["“They shot,”", "“Nobody called.”"], "They shot. Nobody called."),
    (DIRECT, ["“He called it a ‘mistake,’”"], "He called it a ‘mistake.’"),
    (DIRECT, ["“He called it a ‘mistake’,”"], "He called it a ‘mistake’."),
    (DIRECT, ["“They called us ‘dogs’ and left,”"], "They called us ‘dogs’ and left."),
    (DIRECT, ['"Straight marks,"'], "Straight marks."),
    (DIRECT, ["They shot,"], "They shot."),
    (PARTIAL, ["“Turn back,”"], "Turn back"),
    (PARTIAL, ["“a ‘new, calm era,’”"], "a ‘new, calm era’"),
    (PARTIAL, ["“first, then”"], "first, then"),
    (PARTIAL, ["“turn,”", "“back”"], "turn back"),
    (EMBEDDED, ["‘Stay away,’"], "Stay away."),
    (EMBEDDED, ["‘Stay away.’"], "Stay away."),
]


@pytest.mark.parametrize(("kind", "spans", "text"), QUOTES)
def test_text_of_a_quote(kind: str, spans: list[str], text: str) -> None:
    span = {"field": "who", "at": "1:0-5", "sha256": digest("words"), "first": "words"}
    quote = QuoteSeed.model_validate(
        {
            "id": "quote",
            "kind": kind,
            "speaker": "somebody",
            "spans": [
                {"at": f"1:{index}-{index + 1}", "sha256": digest(exact), "first": "words", "exact": exact}
                for index, exact in enumerate(spans)
            ],
            "evidence": [span],
        }
    )
    assert quote_text(quote, fragment=kind == PARTIAL) == text
