"""All pages, in the order of the navigation."""

from collections.abc import Sequence

from omniroute.ui.frame import Place
from omniroute.ui.pages import endpoint, home, live, providers

PLACES: Sequence[Place] = (
    Place(path="/", group="nav.now", name="nav.home", icon="space_dashboard", build=home.show),
    Place(path="/live", group="nav.now", name="nav.live", icon="sensors", build=live.show),
    Place(path="/providers", group="nav.route", name="nav.providers", icon="dns", build=providers.show),
    Place(path="/endpoint", group="nav.route", name="nav.endpoint", icon="hub", build=endpoint.show),
)
