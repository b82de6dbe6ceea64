"""Operators' passwords: Argon2id, off the event loop, and few at once so that sign-ins cannot take all memory."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from omniroute.kit.errors import FieldFault, Unprocessable
from omniroute.kit.secret import Secret

SHORTEST = 8
LONGEST = 200

# OWASP's password storage cheat sheet: 19 MiB, two passes, one lane; as strong as its larger settings, small in memory.
_MEMORY_KIB = 19 * 1024
_PASSES = 2
_LANES = 1


class Passwords:
    """Makes and checks password hashes."""

    def __init__(self, *, at_once: int = 2) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)

    async def hash(self, password: Secret, *, field: str = "password") -> str:
        """Return the hash to store; raise Unprocessable on a password too short or too long to be one."""
        text = password.reveal()
        if not SHORTEST <= len(text) <= LONGEST:
            message = f"a password has {SHORTEST} to {LONGEST} characters"
            raise Unprocessable(message, param=field, details=[FieldFault(field=field, message=message)])
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _encoded(text))

    async def verify(self, stored: str, password: Secret) -> bool:
        """Whether `password` is the one that `stored` was made of."""
        text = password.reveal()
        if len(text) > LONGEST:
            return False
        async with self._turn:
            return await asyncio.to_thread(self._matches, stored, _encoded(text))

    def _matches(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _encoded(text: str) -> bytes:
    # A lone surrogate, which JSON can spell, must not become an encoding error.
    return text.encode("utf-8", "surrogatepass")
