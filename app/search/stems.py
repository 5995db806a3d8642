"""Stemming: one key for all forms of a word, as `raid` and `raided`, `armored` and `armoured`, `Raqqa` and `Raqqah`.

Words must be folded first (`folding`). A stem need not be a word of its language: only the index and search queries
hold stems.
"""

import re
from functools import cache

import snowballstemmer

ENGLISH = "en"
"""The language of articles that name none, and of every search query."""

_ALGORITHMS = {
    **{"ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english"},
    **{"eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish"},
    **{"fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian"},
    **{"it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian"},
    **{"no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian"},
    **{"st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish"},
}
"""The name of Snowball's algorithm for each language that it has one for, by ISO 639 code."""

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
"""Beginnings of British words, and their American spelling."""

_BRITISH_SPELLING = re.compile(rf"^((?:dis|mis|re|un)?)({'|'.join(_AMERICAN_SPELLINGS)})")
_CENTRES = re.compile(
    r"^((?:epi|kilo|centi|milli)?(?:calib|cent|fib|lit|lust|maneuv|met|sab|somb|spect|theat))r(?:e(s?)|(ed|ing))$"
)
_ORGANIZES = re.compile(r"(?<=[a-z]{3})(i|y)z(e|ed|er|ers|es|ing|ation|ations)$")
_ARABIC_ENDING = re.compile(r"(?<=[a-z]{2})(?:iyy?ah?|iah|ah)$")

MAX_CACHED_STEMS = 65_536
"""Words that each process caches with their stems, per language; they cover most of the text of any archive."""


class Stems(dict[str, str]):
    """A cache of the stems of folded words in one language, given by its ISO 639 code.

    In a language without an algorithm each word is its own stem.
    """

    def __init__(self, language: str) -> None:
        super().__init__()
        self._is_english = language == ENGLISH
        self._algorithm = _ALGORITHMS.get(language)

    def __missing__(self, word: str) -> str:
        if self._is_english and not (word.isascii() and word.isalpha()):
            return word  # and is not cached: the numbers of a large archive would crowd all words out
        stem = self._stem(word)
        if len(self) >= MAX_CACHED_STEMS:
            self.clear()
        self[word] = stem
        return stem

    def _stem(self, word: str) -> str:
        if self._is_english:
            word = _one_spelling(word)
        # A stemmer for each call: it holds the word that it works on, and threads share this cache.
        return str(snowballstemmer.stemmer(self._algorithm).stemWord(word)) if self._algorithm else word


stems = cache(Stems)
"""Returns the process's `Stems` of a language."""


def _one_spelling(word: str) -> str:
    """Returns a word with an American beginning and a British ending (so that `organization` and `organise` share a
    stem), and an Arabic name without the optional last letter of its transliteration."""
    word = _BRITISH_SPELLING.sub(lambda match: match[1] + _AMERICAN_SPELLINGS[match[2]], word)
    word = _ORGANIZES.sub(r"\1s\2", _CENTRES.sub(r"\1er\2\3", word))
    return _ARABIC_ENDING.sub(lambda match: "a" if match[0] == "ah" else "ia", word)
