"""One key for the forms of a word: `raid`, `raids` and `raided`, `armored` and `armoured`, `Raqqa` and `Raqqah`.

Words come here folded (`folding`). A stem is no word of its language: only the index and questions see it.
"""

import re
from functools import cache

import snowballstemmer

ENGLISH = "en"
"""The language of whatever names none."""

_ALGORITHMS = {
    **{"ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english"},
    **{"eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish"},
    **{"fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian"},
    **{"it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian"},
    **{"no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian"},
    **{"st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish"},
}
"""Snowball's name for each language that it knows."""

_OUR_ROOTS = (
    "arm behavi cand clam col endeav fav ferv flav harb hon hum lab neighb od parl ranc rig rum sav splend tum vap vig"
)

_AMERICAN_SPELLINGS = {
    **{f"{root}our": f"{root}or" for root in _OUR_ROOTS.split()},
    **{f"{root}ence": f"{root}ense" for root in ("def", "lic", "off", "pret")},
    **{f"{root}ogue": f"{root}og" for root in ("anal", "catal", "dial", "epil", "monol", "prol")},
    **{"anaem": "anem", "anaesth": "anesth", "archaeo": "archeo", "diarrhoea": "diarrhea", "encyclopaed": "encycloped"},
    **{"foet": "fet", "haem": "hem", "leukaem": "leukem", "oesoph": "esoph", "orthopaed": "orthoped", "paed": "ped"},
    **{"acknowledgement": "acknowledgment", "aeroplane": "airplane", "aluminium": "aluminum", "gaol": "jail"},
    **{"grey": "gray", "jewellery": "jewelry", "judgement": "judgment", "kerb": "curb", "manoeuv": "maneuv"},
    **{"mould": "mold", "moustache": "mustache", "plough": "plow", "practis": "practic", "programme": "program"},
    **{"sceptic": "skeptic", "storey": "story", "sulphur": "sulfur", "tyre": "tire", "whilst": "while"},
}
"""How British words begin, and American ones."""

_BRITISH_SPELLING = re.compile(rf"^((?:dis|mis|re|un)?)({'|'.join(_AMERICAN_SPELLINGS)})")
_CENTRES = re.compile(
    r"^((?:epi|kilo|centi|milli)?(?:calib|cent|fib|lit|lust|maneuv|met|sab|somb|spect|theat))r(?:e(s?)|(ed|ing))$"
)
_ORGANIZES = re.compile(r"(?<=[a-z]{3})(i|y)z(e|ed|er|ers|es|ing|ation|ations)$")
_ARABIC_ENDING = re.compile(r"(?<=[a-z]{2})(?:iyy?ah?|iah|ah)$")

MAX_CACHED_STEMS = 65_536
"""So many words are kept with their stems by each process; they are most of what any archive says."""


class Stems(dict[str, str]):
    """The stems of folded words in a language, by its ISO 639 code: made when they are asked for. Of a language of
    which nothing is known each word is its own."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._is_english = language == ENGLISH
        self._algorithm = _ALGORITHMS.get(language)

    def __missing__(self, word: str) -> str:
        stem = self._stem(word)
        if len(self) >= MAX_CACHED_STEMS:
            self.clear()
        self[word] = stem
        return stem

    def _stem(self, word: str) -> str:
        if self._is_english:
            if not (word.isascii() and word.isalpha()):
                return word
            word = _one_spelling(word)
        # A new one each time: they keep what they work on, and threads share this.
        return str(snowballstemmer.stemmer(self._algorithm).stemWord(word)) if self._algorithm else word


stems = cache(Stems)
"""The stems of a language, kept by the process."""


def _one_spelling(word: str) -> str:
    """A word as Americans begin it and as the British end it (the stem of `organisation` is that of `organise`), and
    an Arabic name without the letter that its end may be written with."""
    word = _BRITISH_SPELLING.sub(lambda found: found[1] + _AMERICAN_SPELLINGS[found[2]], word)
    word = _ORGANIZES.sub(r"\1s\2", _CENTRES.sub(r"\1er\2\3", word))
    return _ARABIC_ENDING.sub(lambda found: "a" if found[0] == "ah" else "ia", word)
