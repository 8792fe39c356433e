"""How a search compares: without case, vowel signs or the spellings people mix up in Arabic."""

import unicodedata
from typing import Final

# Yeh, Kaf and Heh in their Arabic and Persian shapes; alef with hamza loses it with the other marks.
_SAME: Final = str.maketrans({"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ـ": "", "\u200c": ""})


def folded(text: str) -> str:
    """`الأَهْوَار` and `الاهوار` fold alike."""
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(character for character in apart if unicodedata.category(character) != "Mn")
    return " ".join(bare.casefold().translate(_SAME).split())
