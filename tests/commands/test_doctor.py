"""The doctor says what is wrong and what to do, changes nothing, and tells no secret."""

from omniroute.kit.json import loads
from tests.commands.programs import Installation


def states(place: Installation, *more: str) -> dict[str, str]:
    done = place.run("doctor", "--offline", "--json", *more)
    return {one["check"]: one["state"] for one in loads(done.stdout)["findings"]}


def test_a_new_installation_lacks_what_the_first_start_makes(place: Installation) -> None:
    found = states(place)
    assert found["settings"] == "ok"
    assert (found["key"], found["database"]) == ("warning", "warning")
    assert not (place.data / "storage.sqlite").exists()


def test_a_good_installation_is_told_so_and_a_bad_one_what_to_do(place: Installation) -> None:
    key = place.json("admin", "create-key", "--name", "Laptop")["key"]
    assert {states(place)[name] for name in ("key", "database", "disk")} <= {"ok", "warning"}
    (place.data / "secret.key").chmod(0o644)
    file = place.data / "report.json"
    done = place.run("doctor", "--offline", "--report", str(file))
    assert done.returncode == 1
    assert f"chmod 600 {place.data / 'secret.key'}" in done.stdout
    told = file.read_text()
    assert loads(told)["findings"]
    assert key not in told
    assert (place.data / "secret.key").read_text().strip() not in told
