"""Ready-made settings for clients: what to type so that a client talks to this gateway."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """How one client is set up. `name` is the client's, `code` takes the gateway's root address, a key and a model."""

    name: str
    code: Callable[[str, str, str], str]


def _curl(root: str, key: str, model: str) -> str:
    return (
        f"curl {root}/v1/chat/completions \\\n  -H 'Authorization: Bearer {key}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f'  -d \'{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}\''
    )


def _python(root: str, key: str, model: str) -> str:
    return (
        "from openai import OpenAI\n\n"
        f'client = OpenAI(base_url="{root}/v1", api_key="{key}")\n'
        "answer = client.chat.completions.create(\n"
        f'    model="{model}", messages=[{{"role": "user", "content": "Hello"}}]\n)\n'
        "print(answer.choices[0].message.content)"
    )


def _javascript(root: str, key: str, model: str) -> str:
    return (
        'import OpenAI from "openai";\n\n'
        f'const client = new OpenAI({{ baseURL: "{root}/v1", apiKey: "{key}" }});\n'
        "const answer = await client.chat.completions.create({\n"
        f'  model: "{model}", messages: [{{ role: "user", content: "Hello" }}],\n}});\n'
        "console.log(answer.choices[0].message.content);"
    )


def _claude_code(root: str, key: str, model: str) -> str:
    return (
        f"export ANTHROPIC_BASE_URL={root}\nexport ANTHROPIC_AUTH_TOKEN={key}\n"
        f"export ANTHROPIC_MODEL={model}\nexport ANTHROPIC_DEFAULT_HAIKU_MODEL={model}\nclaude"
    )


def _codex(root: str, key: str, model: str) -> str:
    return (
        "# ~/.codex/config.toml\n"
        f'model = "{model}"\nmodel_provider = "omniroute"\n\n[model_providers.omniroute]\nname = "OmniRoute"\n'
        f'base_url = "{root}/v1"\nenv_key = "OMNIROUTE_KEY"\nwire_api = "responses"\n\n'
        f"# then, in a shell\nOMNIROUTE_KEY={key} codex"
    )


def _gemini_cli(root: str, key: str, model: str) -> str:
    return f"export GOOGLE_GEMINI_BASE_URL={root}\nexport GEMINI_API_KEY={key}\ngemini -m {model}"


def _ollama(root: str, key: str, model: str) -> str:
    return (
        "import ollama\n\n"
        f'client = ollama.Client(host="{root}", headers={{"Authorization": "Bearer {key}"}})\n'
        f'print(client.chat(model="{model}", messages=[{{"role": "user", "content": "Hello"}}]).message.content)'
    )


def _anthropic(root: str, key: str, model: str) -> str:
    return (
        "import anthropic\n\n"
        f'client = anthropic.Anthropic(base_url="{root}", api_key="{key}")\n'
        "answer = client.messages.create(\n"
        f'    model="{model}", max_tokens=200, messages=[{{"role": "user", "content": "Hello"}}]\n)\n'
        "print(answer.content[0].text)"
    )


def _google(root: str, key: str, model: str) -> str:
    return (
        "from google import genai\n\n"
        f'client = genai.Client(api_key="{key}", http_options={{"base_url": "{root}"}})\n'
        f'print(client.models.generate_content(model="{model}", contents="Hello").text)'
    )


SNIPPETS: Mapping[str, Snippet] = {
    "curl": Snippet(name="curl", code=_curl),
    "python": Snippet(name="Python", code=_python),
    "javascript": Snippet(name="JavaScript", code=_javascript),
    "claude-code": Snippet(name="Claude Code", code=_claude_code),
    "codex": Snippet(name="Codex", code=_codex),
    "gemini-cli": Snippet(name="Gemini CLI", code=_gemini_cli),
    "anthropic": Snippet(name="Anthropic SDK", code=_anthropic),
    "google": Snippet(name="Google GenAI SDK", code=_google),
    "ollama": Snippet(name="Ollama", code=_ollama),
}

# What each kind of client is given as its address, and what it then speaks: name, path below the root, format's name.
ADDRESSES = (
    ("OpenAI", "/v1", "Chat Completions, Responses"),
    ("Anthropic", "", "Messages"),
    ("Google", "", "Gemini generateContent"),
    ("Ollama", "", "Ollama chat, generate"),
)
