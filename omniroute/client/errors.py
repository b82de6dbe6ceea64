"""What can come of asking a gateway, as one tree.

ClientError
├── NotReachable  nobody answers there, or not in time
├── Denied        the key is missing, not known, or may not do this
├── Refusal       the gateway says why not: a bad field, a thing that is not there, something in the way
└── Faulty        the answer is not one of this version's gateway, or the gateway itself failed
"""

from collections.abc import Sequence
from typing import ClassVar

from omniroute.kit.errors import FieldFault, OmniError


class ClientError(OmniError):
    """A failure of a call to a gateway."""

    code: ClassVar[str] = "client_error"


class NotReachable(ClientError):
    """Nobody answers at the address, or not in time."""

    code = "not_reachable"


class Denied(ClientError):
    """The gateway does not let this caller in, or not so far."""

    code = "denied"


class Faulty(ClientError):
    """The answer cannot be used; the gateway is of another version, or has failed."""

    code = "faulty"


class Refusal(ClientError):
    """The gateway refused, and changed nothing. `kind` is InvalidInput, Missing, Conflicting or Refused."""

    code = "refused"

    def __init__(self, message: str, *, kind: str, code: str, fields: Sequence[FieldFault] = ()) -> None:
        super().__init__(message, code=code, details=fields)
        self.kind = kind
        self.fields = tuple(fields)
