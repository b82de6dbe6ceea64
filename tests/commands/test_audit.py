"""The audit log on the command line: who changed what there, checked, and written out."""

import sqlite3

from omniroute.kit.json import loads
from tests.commands.programs import Installation


def test_what_the_command_line_does_is_audited_checked_and_written_out(place: Installation) -> None:
    place.json("admin", "create-key", "--name", "Laptop")
    place.json("backup", "create")
    file = place.data / "audit.jsonl"
    assert "entries written" in place.run("audit", "export", "--file", str(file)).stdout
    told = [loads(one) for one in file.read_bytes().splitlines()]
    assert [one["id"] for one in told] == list(range(1, len(told) + 1))
    by_command = [(one["action"], one["operation"]) for one in told if one["surface"] == "command"][-2:]
    assert by_command == [("api_keys.create", "admin create-key"), ("backup create", "backup create")]
    assert place.json("audit", "verify") == {"ok": True, "rows": len(told), "faults": []}
    with sqlite3.connect(place.data / "storage.sqlite") as database:
        database.execute("UPDATE audit_log SET actor = 'somebody else' WHERE seq = 1")
    database.close()
    found = place.run("audit", "verify", "--json")
    assert found.returncode == 1
    assert loads(found.stdout)["faults"] == ["row 1 was changed"]
