"""Each format of settings files is changed in place, with its comments."""

import pytest

from omniroute.services.client_tools.documents import BadDocument, Form, Match, drop, get, put

TOML = """\
# mine
model = "gpt-5" # fast

[model_providers.other]
name = "Other"
"""
YAML = """\
# mine
name: Local
models:
  - name: a # small
    provider: ollama
"""
ENV = "# mine\nexport A=1\nB=2\n"


def test_toml_keeps_its_comments() -> None:
    changed = put(Form.TOML, put(Form.TOML, TOML, ("model",), "x"), ("model_providers", "ours", "name"), "Ours")
    assert changed.startswith('# mine\nmodel = "x" # fast\n\n[model_providers.other]\nname = "Other"\n')
    assert get(Form.TOML, changed, ("model_providers", "ours", "name")) == "Ours"
    assert drop(Form.TOML, changed, ("model_providers", "ours", "name")).rstrip() == TOML.replace("gpt-5", "x").rstrip()


def test_yaml_keeps_its_comments() -> None:
    item = Match(key="name", value="b")
    changed = put(Form.YAML, YAML, ("models", item), {"name": "b", "apiBase": "http://x/v1"})
    assert changed == YAML + "  - name: b\n    apiBase: http://x/v1\n"
    assert get(Form.YAML, changed, ("models", item, "apiBase")) == "http://x/v1"
    assert drop(Form.YAML, changed, ("models", item)) == YAML


def test_lines_of_an_environment_stay() -> None:
    changed = put(Form.ENV, put(Form.ENV, ENV, ("B",), "3"), ("C",), "4")
    assert changed == "# mine\nexport A=1\nB=3\nC=4\n"
    assert (get(Form.ENV, changed, ("A",)), get(Form.ENV, changed, ("D",))) == ("1", None)
    assert drop(Form.ENV, changed, ("C",)) == "# mine\nexport A=1\nB=3\n"


@pytest.mark.parametrize("form", Form)
def test_an_empty_file_is_begun(form: Form) -> None:
    path = ("a",) if form is Form.ENV else ("a", "b")
    made = put(form, "", path, "x")
    assert get(form, made, path) == "x"
    assert not drop(form, made, path).strip("{}\n ")


@pytest.mark.parametrize(("form", "text"), [(Form.JSON, "{"), (Form.TOML, "a ="), (Form.YAML, "a: [")])
def test_a_broken_file_is_told(form: Form, text: str) -> None:
    with pytest.raises(BadDocument, match=r"line"):
        get(form, text, ("a",))
