"""A secret value that does not show itself in a repr, a log line or an exception."""

from typing import final


@final
class Secret:
    """Wraps a credential; `reveal` is the only way to the text, so that a search finds every use."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def hint(self) -> str:
        """Return a masked form that helps an operator to recognise it: at most the first 3 and last 4 characters."""
        if len(self._value) < 16:  # noqa: PLR2004 - below this a hint would give too much away
            return "****"
        return f"{self._value[:3]}****{self._value[-4:]}"

    def __repr__(self) -> str:
        """Hide the text."""
        return "Secret(****)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare by value; use hmac.compare_digest where timing matters."""
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._value)
