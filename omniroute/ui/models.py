"""The models that can be named, as pages offer them."""

from collections.abc import Sequence

from omniroute.ui.door import Data

_RANK = {"combo": 0, "demo": 2}


def offered(models: Sequence[Data]) -> list[Data]:
    """Return models in the order in which people look for them: combos first, the demonstration's last."""
    return sorted(models, key=lambda one: _RANK.get(one["ownedBy"], 1))


def names(models: Sequence[Data]) -> list[str]:
    """Return the names of models in that order."""
    return [one["id"] for one in offered(models)]
