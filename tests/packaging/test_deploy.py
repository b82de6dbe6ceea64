"""What is in deploy/ is well-formed, pinned, not root, and watched; and it names only what there is."""

import re
from configparser import ConfigParser
from pathlib import Path

from ruamel.yaml import YAML

from omniroute.kit.settings import variables

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def test_the_unit_has_what_a_service_needs_and_may_do_little() -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names of directives are case-sensitive
    unit.read_string((DEPLOY / "omniroute.service").read_text())
    service = unit["Service"]
    assert service["ExecStart"].endswith("omniroute serve")
    assert (service["DynamicUser"], service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "yes", "strict")
    assert service["Restart"] == "on-failure"
    assert int(service["TimeoutStopSec"]) > 30
    assert unit["Install"]["WantedBy"] == "multi-user.target"
    named = {one.partition("=")[0] for one in service["Environment"].split()}
    assert named <= set(variables().values())


def _steps() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def test_the_image_is_pinned_not_root_and_watched() -> None:
    steps = _steps()
    known = {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "CMD"}
    assert {name for name, _ in steps} <= known
    bases = [value.split()[0] for name, value in steps if name == "FROM"]
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", base) for base in bases)
    users = [value for name, value in steps if name == "USER"]
    assert users[-1] not in {"root", "0"}
    assert [name for name, _ in steps].index("USER") < [name for name, _ in steps].index("CMD")
    assert any(name == "HEALTHCHECK" and "/readyz" in value for name, value in steps)
    assert any(name == "RUN" and "--require-hashes" in value for name, value in steps)
    for name, value in steps:
        if name == "COPY" and not value.startswith("--from"):
            for source in value.split()[:-1]:
                assert (ROOT / source).exists(), source


def test_the_compose_file_opens_nothing_to_strangers() -> None:
    told = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
    service = told["services"]["omniroute"]
    assert not service["image"].endswith(":latest")
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["healthcheck"]["test"]
    assert set(service["environment"]) <= set(variables().values())
    assert {volume.partition(":")[0] for volume in service["volumes"]} == set(told["volumes"])
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
