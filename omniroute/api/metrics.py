"""Metrics for Prometheus."""

from omniroute.api.operation import Call
from omniroute.services.collection import Services

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


async def show(services: Services, _call: Call[None, None]) -> str:
    """Show all metrics."""
    return await services.metrics.text()
