"""All pages, in the order of the navigation."""

from collections.abc import Sequence

from omniroute.ui.frame import Place
from omniroute.ui.pages import (
    analytics,
    audit,
    backups,
    client_tools,
    combo,
    combos,
    costs,
    endpoint,
    eval_run,
    evals,
    health,
    home,
    jobs,
    keys,
    live,
    log,
    logs,
    playground,
    providers,
    settings,
    welcome,
)

PLACES: Sequence[Place] = (
    Place(path="/", group="nav.now", name="nav.home", icon="space_dashboard", build=home.show),
    Place(path="/live", group="nav.now", name="nav.live", icon="sensors", build=live.show),
    Place(path="/providers", group="nav.route", name="nav.providers", icon="dns", build=providers.show),
    Place(path="/combos", group="nav.route", name="nav.combos", icon="alt_route", build=combos.show),
    Place(path="/combos/{id}", group="nav.route", name="nav.combos", icon="", build=combo.show),
    Place(path="/keys", group="nav.route", name="nav.keys", icon="key", build=keys.show),
    Place(path="/endpoint", group="nav.route", name="nav.endpoint", icon="hub", build=endpoint.show),
    Place(path="/tools", group="nav.route", name="nav.tools", icon="terminal", build=client_tools.show),
    Place(path="/logs", group="nav.look", name="nav.logs", icon="receipt_long", build=logs.show),
    Place(path="/logs/{id}", group="nav.look", name="nav.logs", icon="", build=log.show),
    Place(path="/analytics", group="nav.look", name="nav.analytics", icon="query_stats", build=analytics.show),
    Place(path="/costs", group="nav.look", name="nav.costs", icon="payments", build=costs.show),
    Place(path="/health", group="nav.look", name="nav.health", icon="monitor_heart", build=health.show),
    Place(path="/audit", group="nav.look", name="nav.audit", icon="policy", build=audit.show),
    Place(path="/playground", group="nav.try", name="nav.playground", icon="science", build=playground.show),
    Place(path="/evals", group="nav.try", name="nav.evals", icon="fact_check", build=evals.show),
    Place(path="/evals/{id}", group="nav.try", name="nav.evals", icon="", build=eval_run.show),
    Place(path="/welcome", group="nav.try", name="nav.welcome", icon="waving_hand", build=welcome.show),
    Place(path="/backups", group="nav.try", name="nav.backups", icon="inventory_2", build=backups.show),
    Place(path="/jobs", group="nav.try", name="nav.jobs", icon="schedule", build=jobs.show),
    Place(path="/settings", group="nav.try", name="nav.settings", icon="settings", build=settings.show),
    Place(path="/settings/{tab}", group="nav.try", name="nav.settings", icon="", build=settings.show),
)
