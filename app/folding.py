"""Text as a search compares it: without case, accents, and the many shapes of apostrophes and dashes."""

import unicodedata

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("‘’ʻʼʾʿ`´′", "'"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)


def fold(text: str) -> str:
    """A text in its folded form; the same for every spelling that differs only in what folding removes."""
    if text.isascii():
        return " ".join(text.replace("`", "'").casefold().split())
    decomposed = unicodedata.normalize("NFKD", text.translate(_ALIKE)).casefold()
    again = unicodedata.normalize("NFKD", decomposed).translate(_ALIKE)
    plain = "".join(char for char in again if not unicodedata.combining(char))
    return " ".join(plain.split())
