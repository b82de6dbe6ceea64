"""The body of a request to a management surface: never more of it than is allowed, and never for longer."""

import asyncio

from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import Receive

from omniroute.kit.errors import Invalid, TooLarge
from omniroute.services.reach import Reach


async def received(connection: HTTPConnection, receive: Receive, reach: Reach) -> bytes:
    """Read the body, never more of it than is allowed and never for longer."""
    declared = connection.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > reach.max_body_bytes:
        raise _too_large(reach)
    body = bytearray()
    try:
        async with asyncio.timeout(reach.body_timeout_s):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                body += message.get("body", b"")
                if len(body) > reach.max_body_bytes:
                    raise _too_large(reach)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise Invalid("the body did not come in time", code="body_timeout") from None


def _too_large(reach: Reach) -> TooLarge:
    return TooLarge(f"the body is larger than {reach.max_body_bytes} bytes")
