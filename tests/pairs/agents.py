"""What three coding agents send, made here after what they were seen to send: their sizes, betas and odd fields.

Each has its first request and the one after a tool was called, built from the answer as the agent builds it, and how it
reads the text of an answer.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from omniroute.formats.hub import Format
from tests.pairs.talk import Json

_LONG = "You are a coding agent. Keep to the conventions of the code that you find. " * 120
_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "file_path": {"type": "string", "description": "The absolute path"},
        "limit": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9007199254740991},
        "mode": {"anyOf": [{"type": "string", "enum": ["text", "raw"]}, {"type": "null"}]},
    },
    "required": ["file_path"],
    "additionalProperties": False,
}
_TOOLS = ("Read", *(f"Tool_{number}" for number in range(23)))
_ACCOUNT = json.dumps({"device_id": "d" * 32, "account_uuid": "", "session_id": "s" * 36})
_BETAS = (
    "claude-code-20250219,context-1m-2025-08-07,interleaved-thinking-2025-05-14,thinking-token-count-2026-05-13,"
    "context-management-2025-06-27,prompt-caching-scope-2026-01-05,mid-conversation-system-2026-04-07,"
    "effort-2025-11-24,structured-outputs-2025-12-15"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent. `path` and `first` take the model's name; `then` takes the request before and the answer to it."""

    name: str
    format: Format
    path: Callable[[str], str]
    headers: Callable[[str], Mapping[str, str]]
    first: Callable[[str], Json]
    then: Callable[[Json, list[Json]], Json]
    said: Callable[[list[Json]], str]


# ── Claude Code ─────────────────────────────────────────────────────────────────────────────────────────────────


def _claude(model: str) -> Json:
    mark = {"type": "ephemeral"}
    return {
        "model": model,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "<reminder>Today is Friday.</reminder>"}]},
            {"role": "system", "content": "The user opened the file notes.txt."},
            {"role": "user", "content": [{"type": "text", "text": "What is in notes.txt?", "cache_control": mark}]},
        ],
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.197; cc_entrypoint=sdk-cli;"},
            {"type": "text", "text": "You are a command line agent.", "cache_control": mark},
            {"type": "text", "text": _LONG, "cache_control": mark},
        ],
        "tools": [{"name": name, "description": _LONG[:2500], "input_schema": _SCHEMA} for name in _TOOLS],
        "metadata": {"user_id": _ACCOUNT},
        "max_tokens": 64000,
        "thinking": {"type": "adaptive"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "medium"},
        "stream": True,
    }


def _claude_then(before: Json, events: list[Json]) -> Json:
    content = [_block(events, event) for event in events if event["type"] == "content_block_start"]
    results = [
        {
            "type": "tool_result",
            "tool_use_id": block["id"],
            "content": "42 lines",
            "cache_control": {"type": "ephemeral"},
        }
        for block in content
        if block["type"] == "tool_use"
    ]
    turns = [{"role": "assistant", "content": content}, {"role": "user", "content": results}]
    messages = json.loads(json.dumps(before["messages"]))
    del messages[-1]["content"][-1]["cache_control"]
    return {**before, "messages": [*messages, *turns]}


def _block(events: list[Json], start: Json) -> Json:
    """A content block as its events build it."""
    block: Json = {**start["content_block"]}
    written = ""
    for event in events:
        if event["type"] != "content_block_delta" or event["index"] != start["index"]:
            continue
        delta = event["delta"]
        match delta["type"]:
            case "text_delta":
                block["text"] += delta["text"]
            case "thinking_delta":
                block["thinking"] += delta["thinking"]
            case "signature_delta":
                block["signature"] = delta["signature"]
            case "input_json_delta":
                written += delta["partial_json"]
    return {**block, "input": json.loads(written or "{}")} if block["type"] == "tool_use" else block


def _claude_said(events: list[Json]) -> str:
    return "".join(event["delta"].get("text", "") for event in events if event["type"] == "content_block_delta")


# ── Codex ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _message(role: str, text: str) -> Json:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


def _codex(model: str) -> Json:
    function = {"type": "function", "description": _LONG[:1200], "strict": False, "parameters": _SCHEMA}
    nested = [{**function, "name": f"agent_{number}"} for number in range(4)]
    return {
        "model": model,
        "input": [
            _message("developer", _LONG),
            _message("developer", "<permissions>Never ask for approval.</permissions>"),
            _message("user", "<environment>cwd: /home/me</environment>"),
            _message("user", "What is in notes.txt?"),
        ],
        "tools": [
            *({**function, "name": f"shell_{number}"} for number in range(8)),
            {"type": "namespace", "name": "agents", "description": "Helpers", "tools": nested},
            {"type": "web_search", "external_web_access": False},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "reasoning": {"summary": "auto"},
        "store": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "01999999-0000-7000-8000-000000000000",
        "client_metadata": {"x-codex-installation-id": "i" * 36},
    }


def _codex_then(before: Json, events: list[Json]) -> Json:
    items = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    replayed: list[Json] = []
    for item in items:
        if item["type"] == "reasoning":
            replayed.append({k: v for k, v in item.items() if k not in ("id", "status")} | {"content": None})
        elif item["type"] == "function_call":
            replayed.append({k: v for k, v in item.items() if k not in ("id", "status")})
        else:
            replayed.append(item)
    outputs = [
        {"type": "function_call_output", "call_id": item["call_id"], "output": "42 lines", "id": f"fco_{number}"}
        for number, item in enumerate(items)
        if item["type"] == "function_call"
    ]
    return {**before, "input": [*before["input"], *replayed, *outputs]}


def _codex_said(events: list[Json]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


# ── Gemini CLI ──────────────────────────────────────────────────────────────────────────────────────────────────


def _gemini(_model: str) -> Json:
    functions = [{"name": name, "description": _LONG[:1500], "parametersJsonSchema": _SCHEMA} for name in _TOOLS[:15]]
    return {
        "contents": [
            {"role": "user", "parts": [{"text": "<session>Today is Friday.</session>"}]},
            {"role": "user", "parts": [{"text": "What is in notes.txt?"}]},
        ],
        "systemInstruction": {"role": "user", "parts": [{"text": _LONG}]},
        "tools": [{"functionDeclarations": functions}],
        "generationConfig": {
            "temperature": 1,
            "topP": 0.95,
            "topK": 64,
            "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 8192},
        },
    }


def _gemini_parts(events: list[Json]) -> list[Json]:
    candidates = [one for event in events for one in event.get("candidates", ())]
    return [part for one in candidates for part in one.get("content", {}).get("parts", ())]


def _gemini_said(events: list[Json]) -> str:
    return "".join(part.get("text", "") for part in _gemini_parts(events) if not part.get("thought"))


def _gemini_then(before: Json, events: list[Json]) -> Json:
    parts = _gemini_parts(events)
    said = [part for part in parts if not part.get("thought") and (part.get("text") or "functionCall" in part)]
    for part in said:
        if "functionCall" in part:
            part["thoughtSignature"] = "skip_thought_signature_validator"
    answers = [
        {
            "functionResponse": {
                "id": part["functionCall"]["id"],
                "name": part["functionCall"]["name"],
                "response": {"output": "42 lines"},
            }
        }
        for part in said
        if "functionCall" in part
    ]
    turns = [{"role": "model", "parts": said}, {"role": "user", "parts": answers}]
    return {**before, "contents": [*before["contents"], *turns]}


AGENTS = (
    Agent(
        name="claude-code",
        format=Format.ANTHROPIC,
        path=lambda _: "/v1/messages?beta=true",
        headers=lambda key: {
            "authorization": f"Bearer {key}",
            "anthropic-version": "2023-06-01",
            "anthropic-beta": _BETAS,
            "user-agent": "claude-cli/2.1.197 (external, sdk-cli)",
            "x-app": "cli",
        },
        first=_claude,
        then=_claude_then,
        said=_claude_said,
    ),
    Agent(
        name="codex",
        format=Format.OPENAI_RESPONSES,
        path=lambda _: "/v1/responses",
        headers=lambda key: {
            "authorization": f"Bearer {key}",
            "accept": "text/event-stream",
            "originator": "codex_exec",
            "session-id": "s" * 36,
            "thread-id": "t" * 36,
        },
        first=_codex,
        then=_codex_then,
        said=_codex_said,
    ),
    Agent(
        name="gemini-cli",
        format=Format.GEMINI,
        path=lambda model: f"/v1beta/models/{model}:streamGenerateContent?alt=sse",
        headers=lambda key: {"x-goog-api-key": key},
        first=_gemini,
        then=_gemini_then,
        said=_gemini_said,
    ),
)


def events_of(text: str) -> list[Any]:
    """The JSON of each server-sent event."""
    lines = [line.removeprefix("data:").strip() for line in text.splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line.startswith("{")]
