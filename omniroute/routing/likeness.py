"""What embeddings do not see: two questions that look alike and yet want different answers.

To an embedding "How do I reset it?" and "How do I not reset it?" are nearly the same, and so are two questions that
differ in one number or one name. Here the words themselves are compared, and whatever might matter counts as a
difference: a wrong difference costs one call, a wrong likeness a wrong answer.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from omniroute.routing.words import NEGATIONS, NUMBERS, OPENERS, OPPOSITES

# Words that turn a sentence round, in the languages that cost little to name; a word that means something else in
# another language must only be there as often in both texts.
_I = frozenset({"I", "I'm", "I've", "I'd", "I'll"})
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,:/\-]\d+)*%?|[$\u20ac\u00a3\u00a5]")
_QUOTED = re.compile(r"\"[^\"]*\"|\u201c[^\u201d]*\u201d|\u00ab[^\u00bb]*\u00bb|`[^`]*`|(?<!\w)'[^']*'(?!\w)")
# Letters with digits or signs in them: file names, addresses, versions, identifiers.
_MIXED = re.compile(r"\S*[\w][@/\\._#:+=\-][\w]\S*|\w*\d\w*[^\W\d_]\w*|[^\W\d_]+\d\w*")
_CODE = re.compile(r"```|[{}<>;|]|==|\(\)|\$\(|^\s{4,}\S", re.MULTILINE)
_SENTENCE_END = re.compile(r"[.!?:\n]\s*[\"'(\u201c]*$")


def difference(first: str, second: str) -> str | None:
    """Say in what way two texts may want different answers; None when no such way is seen."""
    if _CODE.search(first) or _CODE.search(second):
        return "code"
    if not (_has_case(first) and _has_case(second)):
        return "script"
    for name, find in _CHECKS:
        if find(first) != find(second):
            return name
    return _by_words(list(_words(first)), list(_words(second)))


def _by_words(first: Sequence[str], second: Sequence[str]) -> str | None:
    """Look at the words as a set: opposites in each other's place, and the same words in another order."""
    mine, other = frozenset(first), frozenset(second)
    for group in OPPOSITES:
        here, there = group & mine, group & other
        if here and there and here != there:
            return "opposites"
    return "order" if first != second and sorted(first) == sorted(second) else None


def _has_case(text: str) -> bool:
    """Whether names can be told by their capital letters: not in Chinese, Arabic or Hindi."""
    return all(letter.lower() != letter.upper() for letter in text if letter.isalpha())


def _words(text: str) -> Iterable[str]:
    for found in _WORD.finditer(text):
        yield found[0].lower().replace("\u2019", "'")


def _negations(text: str) -> Counter[str]:
    """Count negations; the contracted ones are one word, however they are spelled."""
    found: Counter[str] = Counter()
    for word in _words(text):
        plain = word.replace("'", "")
        if plain in NEGATIONS or (plain.endswith("nt") and "'" in word):
            found["not" if word.endswith("n't") or plain in {"not", "cannot"} else plain] += 1
    return found


def _numbers(text: str) -> list[str]:
    words = (word for word in _words(text) if word in NUMBERS)
    return [*_NUMBER.findall(text), *words]


def _names(text: str) -> list[str]:
    """List what looks like a name, in order: a capital letter where none must be, and words that are no plain ones."""
    found = []
    for match in _WORD.finditer(text):
        word = match[0]
        if word == word.lower() or word in _I:
            continue
        opens = match.start() == 0 or _SENTENCE_END.search(text[: match.start()]) is not None
        if not (opens and word.lower() in OPENERS):
            found.append(word.lower())
    return found


def _quoted(text: str) -> list[str]:
    return _QUOTED.findall(text)


def _mixed(text: str) -> list[str]:
    return [one.strip(".,!?;:").lower() for one in _MIXED.findall(text)]


_CHECKS: Sequence[tuple[str, Callable[[str], object]]] = (
    ("negation", _negations),
    ("numbers", _numbers),
    ("names", _names),
    ("quotes", _quoted),
    ("identifiers", _mixed),
)


def likeness(first: Iterable[float], second: Iterable[float]) -> float:
    """Return the cosine of two vectors of length one."""
    return sum(map(float.__mul__, first, second))


def unit(vector: Sequence[float]) -> list[float]:
    """Return a vector at length one; raise ValueError for one that has no direction."""
    length = math.sqrt(sum(one * one for one in vector))
    if not length or not math.isfinite(length):
        raise ValueError("a vector without a direction")
    return [one / length for one in vector]
