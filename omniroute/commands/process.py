"""The gateway's process: what `omniroute serve` becomes. Settings come from the environment.

structlog imports rich wherever it is installed, for tracebacks that this process never prints; typer brings it along.
Kept out it saves 80 modules and 3.5 MB for the life of the gateway.
"""

import importlib
import sys


def main() -> int:
    """Serve; return the exit code."""
    sys.modules["rich"] = None  # type: ignore[assignment]  # Python's own way to say: not to be imported
    code: int = importlib.import_module("omniroute.commands.server").main()
    return code


if __name__ == "__main__":
    sys.exit(main())
