"""Client tools and suites on the command line."""

import json

from tests.commands.programs import Installation


def test_tools_and_suites_work_without_a_server(place: Installation) -> None:
    assert {one["tool_id"] for one in place.json("tools", "list")["tools"]} >= {"claude", "codex", "gemini"}
    change = place.json("tools", "apply", "codex", "--model", "demo/echo", "--preview")
    assert [change["preview"], len(change["files"])] == [True, 2]
    answers = place.data / "answers.json"
    answers.write_text(json.dumps({"sum": "42", "capital": "Rome"}))
    asked = ("eval", "run", "golden-set", "--outputs", str(answers))
    shown = place.run(*asked, "--least", "60")
    assert (shown.returncode, "1 of 10 passed, 50 %" in shown.stdout) == (1, True)
    assert place.json(*asked)["lowest"] == 50
