"""One command as a row: its words, the client's method that it calls, and how people see what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A command. Its options come from the method's own signature.

    `arguments` are the options that stand as plain words, in order; `find` names for an option the kind of thing whose
    name may be given instead of its id (finding.py). `hide` are options that are left out. `columns` are the fields of
    a table, `show` the field of the answer that is worth showing. `confirm` is asked first. `slow` says what takes
    time, and `follows` the query that tells how far it is. `merge`: what is replaced as a whole is filled up from what
    is there. `note` follows on the help's first line.
    """

    path: str
    does: str
    words: str = ""
    arguments: tuple[str, ...] = ()
    find: Mapping[str, str] = field(default_factory=dict)
    hide: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()
    show: str = ""
    confirm: str = ""
    slow: str = ""
    follows: str = ""
    merge: bool = False
    note: str = ""
