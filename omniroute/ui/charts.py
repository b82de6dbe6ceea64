"""Charts in the dashboard's look. They follow the theme by using only colours that read well on both grounds."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from omniroute.ui import theme

_AXIS: dict[str, Any] = {
    "axisLine": {"lineStyle": {"color": theme.GRID}},
    "axisTick": {"show": False},
    "axisLabel": {"color": theme.INK, "fontSize": 11},
    "splitLine": {"lineStyle": {"color": theme.GRID}},
}


def _plain(**more: Any) -> dict[str, Any]:
    return {
        "textStyle": {"fontFamily": theme.FONT},
        "color": list(theme.SERIES),
        "animation": False,
        "grid": {"left": 8, "right": 12, "top": 28, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis", "confine": True},
        **more,
    }


def _legend(names: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "scroll",
        "data": list(names),
        "top": 0,
        "left": 0,
        "itemWidth": 10,
        "itemHeight": 10,
        "icon": "roundRect",
        "textStyle": {"color": theme.INK, "fontSize": 11.5},
        "show": len(names) > 1,
    }


def over_time(names: Sequence[str], *, unit: str = "", stacked: bool = False, height: int = 240) -> ui.echart:
    """Make lines over time; give the data with `put`."""
    series: list[dict[str, Any]] = [
        {
            "name": name,
            "type": "line",
            "showSymbol": False,
            "lineStyle": {"width": 2},
            "areaStyle": {"opacity": 0.14} if stacked or len(names) == 1 else None,
            "stack": "all" if stacked else None,
            "data": [],
        }
        for name in names
    ]
    options = _plain(
        legend=_legend(names),
        xAxis={"type": "time", **_AXIS, "splitLine": {"show": False}},
        yAxis={"type": "value", **_AXIS, "axisLabel": {**_AXIS["axisLabel"], "formatter": f"{{value}}{unit}"}},
        series=series,
    )
    return ui.echart(options).style(f"height: {height}px")


def put(chart: ui.echart, *lines: Sequence[tuple[int, float | None]]) -> None:
    """Show these points (milliseconds, value), one list a line."""
    for series, points in zip(chart.options["series"], lines, strict=True):
        series["data"] = [list(point) for point in points]
    chart.update()


def bars(rows: Sequence[tuple[str, float]], *, unit: str = "", height: int | None = None) -> ui.echart:
    """Make horizontal bars, the first on top."""
    ordered = list(reversed(rows))
    options = _plain(
        tooltip={"trigger": "item", "confine": True},
        xAxis={"type": "value", **_AXIS, "axisLabel": {**_AXIS["axisLabel"], "formatter": f"{{value}}{unit}"}},
        yAxis={
            "type": "category",
            "data": [name for name, _ in ordered],
            **_AXIS,
            "axisLabel": {**_AXIS["axisLabel"], "width": 150, "overflow": "truncate"},
        },
        series=[
            {
                "type": "bar",
                "data": [value for _, value in ordered],
                "barMaxWidth": 18,
                "itemStyle": {"borderRadius": 4},
            }
        ],
    )
    return ui.echart(options).style(f"height: {height or max(90, 30 * len(rows) + 40)}px")


def heat(columns: Sequence[str], rows: Sequence[str], cells: Sequence[tuple[int, int, float]]) -> ui.echart:
    """Make a heat map; a cell is column, row, value."""
    top = max((value for _, _, value in cells), default=1) or 1
    options = _plain(
        tooltip={"confine": True},
        xAxis={"type": "category", "data": list(columns), **_AXIS, "splitLine": {"show": False}},
        yAxis={"type": "category", "data": list(rows), **_AXIS, "splitLine": {"show": False}},
        visualMap={
            "min": 0,
            "max": top,
            "show": False,
            "inRange": {"color": ["rgba(79, 110, 247, .06)", theme.SERIES[0]]},
        },
        series=[
            {
                "type": "heatmap",
                "data": [list(cell) for cell in cells],
                "itemStyle": {"borderRadius": 3, "borderWidth": 2, "borderColor": "transparent"},
            }
        ],
    )
    return ui.echart(options).style("height: 230px")
