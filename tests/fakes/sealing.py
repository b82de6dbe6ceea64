"""Private state of a vendor: sealed text that only the fake of the same vendor opens again.

It is base64 with characters that differ between the two alphabets, as real signatures have, so that a gateway which
re-codes, trims or swaps a signature is found out.
"""

import base64
import hashlib

_SALT = b"\xfb\xef\xff"  # "++//" in standard base64, "--__" in the URL-safe one


def seal(vendor: str, payload: str) -> str:
    """Seal `payload`."""
    text = f"{vendor}|{payload}".encode()
    return base64.b64encode(_SALT + hashlib.sha256(text).digest()[:8] + text).decode()


def opened(vendor: str, value: object) -> str | None:
    """Return the payload, or None where `value` is not this vendor's seal or was changed."""
    if not isinstance(value, str):
        return None
    try:
        raw = base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        return None
    salt, digest, text = raw[:3], raw[3:11], raw[11:]
    if salt != _SALT or digest != hashlib.sha256(text).digest()[:8] or not text.startswith(f"{vendor}|".encode()):
        return None
    return text.decode().partition("|")[2]
