"""One question by HTTP: the document of a field, its variables, and the answer in types.

The documents and types are generated; here is how they travel. A failure that the gateway names is raised.
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import httpx
import msgspec

from omniroute.client.errors import Denied, Faulty, NotReachable, Refusal
from omniroute.kit.errors import FieldFault
from omniroute.kit.json import BadJson, JsonObject, dumps, loads
from omniroute.kit.secret import Secret

_DENIED = frozenset({"unauthenticated", "forbidden", "invalid_key"})
_DENIED_STATUSES = frozenset({401, 403})
# The gateway's own faults, and documents that its schema does not take; other errors say why something is refused.
_FAULTS = frozenset({"", "internal_error", "timeout", "bad_document", "unavailable", "database_unavailable"})
_FAILURES = frozenset({"InvalidInput", "Missing", "Conflicting", "Refused"})


def _read() -> dict[str, str]:
    text = (files("omniroute.client") / "generated" / "documents.graphql").read_text(encoding="utf-8")
    _note, *documents = text.strip().split("\n\n")
    return {document.split("(", 1)[0].split("{", 1)[0].split()[1]: document for document in documents}


DOCUMENTS: Mapping[str, str] = _read()


class Wire:
    """Where a gateway is and who asks: what queries and subscriptions have in common."""

    def __init__(self, url: str, key: Secret | None, *, timeout_s: float) -> None:
        self.url = url.rstrip("/") + "/graphql"
        self.headers = {} if key is None else {"authorization": f"Bearer {key.reveal()}"}
        self.timeout_s = timeout_s
        self.http = httpx.AsyncClient(headers=self.headers, timeout=httpx.Timeout(timeout_s, connect=10.0))

    async def ask(self, document: str, variables: Mapping[str, Any]) -> JsonObject:
        """Run a query or mutation and return its data; raise what went wrong."""
        body = dumps({"query": document, "variables": variables})
        try:
            answer = await self.http.post(self.url, content=body, headers={"content-type": "application/json"})
        except httpx.TimeoutException as error:
            raise NotReachable(f"{self.url} did not answer within {self.timeout_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            cause = str(error) or type(error).__name__
            raise NotReachable(f"{self.url} cannot be reached: {cause}") from error
        return _data(answer)


class Asks:
    """What the generated queries and mutations are built on."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    async def _ask(self, name: str, kind: Any, given: Mapping[str, Any]) -> Any:
        data = await self.wire.ask(DOCUMENTS[name], variables(given))
        return typed(data[name], kind)


def variables(given: Mapping[str, Any]) -> JsonObject:
    """Return variables as JSON; what was not given is left out."""
    kept = {name: value for name, value in given.items() if value is not msgspec.UNSET}
    made: JsonObject = msgspec.to_builtins(kept, enc_hook=_revealed)
    return made


def typed(value: Any, kind: Any) -> Any:
    """Return one field's value in types; raise Refusal where it is a failure, and Faulty where it does not fit."""
    if isinstance(value, dict) and value.get("__typename") in _FAILURES:
        fields = [FieldFault(field=one["field"], message=one["message"]) for one in value["fields"]]
        if value["code"] in _DENIED:
            raise Denied(value["message"], code=value["code"])
        raise Refusal(value["message"], kind=value["__typename"], code=value["code"], fields=fields)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Faulty(f"the gateway's answer is not what this version knows: {error}") from error


def raise_first(errors: Any, *, denied: bool = False) -> None:
    """Raise the first of a response's errors; `denied` says that the caller was not let in."""
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = (first.get("extensions") or {}).get("code", "")
    message = str(first.get("message", "the gateway failed without a word"))
    if denied or code in _DENIED:
        raise Denied(message, code=code or None)
    if code in _FAULTS:
        raise Faulty(message, code=code or None)
    raise Refusal(message, kind="Missing" if code == "not_found" else "Conflicting", code=code)


def _data(answer: httpx.Response) -> JsonObject:
    try:
        told = loads(answer.content)
    except BadJson:
        told = None
    if not isinstance(told, dict) or not ("data" in told or "errors" in told or "error" in told):
        raise Faulty(f"{answer.request.url} answers {answer.status_code} without GraphQL: is a gateway there?")
    if told.get("errors"):
        raise_first(told["errors"], denied=answer.status_code in _DENIED_STATUSES)
    if told.get("data") is None:
        raise Faulty(f"the gateway answers {answer.status_code}: {_words(told)}")
    data: JsonObject = told["data"]
    return data


def _words(told: JsonObject) -> str:
    error = told.get("error")
    return str(error.get("message", error) if isinstance(error, dict) else error)


def _revealed(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError
