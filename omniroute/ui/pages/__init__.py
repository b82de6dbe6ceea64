"""All pages, in the order of the navigation."""

from collections.abc import Sequence

from omniroute.ui.frame import Place
from omniroute.ui.pages import combo, combos, endpoint, home, keys, live, playground, providers, welcome

PLACES: Sequence[Place] = (
    Place(path="/", group="nav.now", name="nav.home", icon="space_dashboard", build=home.show),
    Place(path="/live", group="nav.now", name="nav.live", icon="sensors", build=live.show),
    Place(path="/providers", group="nav.route", name="nav.providers", icon="dns", build=providers.show),
    Place(path="/combos", group="nav.route", name="nav.combos", icon="alt_route", build=combos.show),
    Place(path="/combos/{id}", group="nav.route", name="nav.combos", icon="", build=combo.show),
    Place(path="/keys", group="nav.route", name="nav.keys", icon="key", build=keys.show),
    Place(path="/endpoint", group="nav.route", name="nav.endpoint", icon="hub", build=endpoint.show),
    Place(path="/playground", group="nav.try", name="nav.playground", icon="science", build=playground.show),
    Place(path="/welcome", group="nav.try", name="nav.welcome", icon="waving_hand", build=welcome.show),
)
