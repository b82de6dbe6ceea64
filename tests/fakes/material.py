"""What the tests of the fakes send: a picture, a schema, tools."""

import base64
import hashlib
from typing import Any

import httpx
from google.genai import types as google

from tests.fakes.upstream import FakeUpstream

PNG = b"\x89PNG\r\n\x1a\n\xfb\xef\xff\xfe rest of an image"
HASH = hashlib.sha256(PNG).hexdigest()
IMAGE = base64.b64encode(PNG).decode()
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
GOOGLE_SCHEMA = {key: value for key, value in SCHEMA.items() if key != "additionalProperties"}
CHAT_TOOLS: Any = [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in ("sun", "rain")]


def google_options(fake: FakeUpstream) -> google.HttpOptions:
    """Over httpx: where aiohttp is installed the library would subclass its session, which warns."""
    return google.HttpOptions(base_url=fake.api_url, async_client_args={"transport": httpx.AsyncHTTPTransport()})
