"""A gateway with invented providers in a folder that is thrown away afterwards."""

import tempfile

from omniroute.commands.prepare import Overrides
from omniroute.commands.server import serve
from omniroute.commands.stage.play import Play


def demo(overrides: Overrides, *, traffic: bool) -> None:
    """Run the gateway until it is told to stop; `traffic` makes it a busy one."""
    with tempfile.TemporaryDirectory(prefix="omniroute-demo-") as folder:
        alone = {"data_dir": folder, "import_environment_keys": False, "discover_local": False}
        serve({**overrides, **alone}, Play() if traffic else None)
