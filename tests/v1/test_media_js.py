"""OpenAI's client in JavaScript: embeddings in base64 of its own accord, a transcript of a file, speech as bytes."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.fakes.media import SOUND, TEXT, vector
from tests.node import installed
from tests.v1.conftest import MediaBench

pytestmark = pytest.mark.asyncio(loop_scope="session")
PACKAGES = Path(__file__).parents[1] / "pairs" / "js"
SCRIPT = """
import OpenAI, { toFile } from "openai";
const client = new OpenAI({ baseURL: process.argv[1], apiKey: process.argv[2], maxRetries: 0 });
const made = await client.embeddings.create({ model: "openai/text-embedding-3-small", input: ["one", "two"] });
const file = await toFile(Buffer.from("ID3\\u0004 and so on"), "talk.mp3");
const heard = await client.audio.transcriptions.create({ model: "deepgram/nova-3", file });
const spoken = await client.audio.speech.create({ model: "openai/tts-1", input: "Hello", voice: "alloy" });
const drawn = await client.images.generate({
  model: "openai/dall-e-3", prompt: "x", response_format: "b64_json" });
let refused = null;
try {
  await client.embeddings.create({ model: "openai/missing", input: "x" });
} catch (error) { refused = error.status; }
console.log(JSON.stringify({
  vectors: made.data.map((one) => one.embedding), text: heard.text,
  bytes: Buffer.from(await spoken.arrayBuffer()).toString("base64"), picture: drawn.data[0].b64_json, refused }));
"""


async def test_the_client_in_javascript_gets_what_the_one_in_python_gets(bench: MediaBench) -> None:
    folder = await asyncio.to_thread(installed, PACKAGES)
    if isinstance(folder, str):
        pytest.skip(folder)
    process = await asyncio.create_subprocess_exec(
        "node", "--input-type=module", "-e", SCRIPT, f"{bench.gateway.url}/v1", bench.gateway.key,
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    told = json.loads(output)
    assert told["vectors"] == [vector("one"), vector("two")]
    assert told["text"] == TEXT
    assert told["refused"] == 404
    assert [len(told["bytes"]), told["picture"][:8]] == [-(-len(SOUND) // 3) * 4, "iVBORw0K"]
