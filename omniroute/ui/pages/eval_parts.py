"""What both pages of evals show: how far a run is, and the share that was passed with how sure that is."""

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE
from omniroute.ui.parts import pill, text
from omniroute.ui.visit import Visit

SUMMARY = "total passed failed passRate low high meanDurationMs costUsd"
FEED = Document(f"""
subscription EvalFeed($id: ID!) {{
  evalFeed(id: $id) {{ id state error caseCount summary {{ {SUMMARY} }} }}
}}""")
STOP = Document(f"mutation StopEvalRun($id: ID!) {{ stopEvalRun(id: $id) {{ ... on EvalRun {{ id }} {FAILURE} }} }}")
DELETE = Document(
    f"mutation DeleteEvalRun($id: ID!) {{ deleteEvalRun(id: $id) {{ ... on Deleted {{ id }} {FAILURE} }} }}"
)

RUNNING = "RUNNING"
_TONES = {RUNNING: "live", "DONE": "good", "STOPPED": "warn", "FAILED": "bad"}


def state(visit: Visit, run: Data) -> None:
    """Write how far a run is."""
    pill(visit.say(f"eval_state.{run['state'].lower()}"), _TONES[run["state"]])


def asked(visit: Visit, run: Data) -> str:
    """Name what a run asks."""
    return run["model"] or visit.say("evals.handed_in")


def interval(visit: Visit, summary: Data) -> None:
    """Draw the share that was passed as a mark on the bar in which it lies with 95 % confidence."""
    low, high, share = summary["low"], summary["high"], summary["passRate"]
    words = visit.say("evals.between", share=share, low=f"{low:.0f}", high=f"{high:.0f}")
    with ui.element("div").classes("interval interval-place").props(f'role="img" aria-label="{words}"'):
        ui.element("div").classes("interval-bar").style(f"left: {low:.1f}%; width: {max(high - low, 0.5):.1f}%")
        ui.element("div").classes("interval-mark").style(f"left: {min(share, 99.5):.1f}%")
        ui.tooltip(words)


def outcome(visit: Visit, run: Data) -> None:
    """Show a run's share with its interval; nothing as long as no case is done."""
    summary = run["summary"]
    if not summary["total"]:
        text(visit.say("evals.waits"), classes="faint small")
        return
    text(f"{summary['passRate']} %", classes="num strong eval-share")
    interval(visit, summary)
    text(f"{summary['passed']}/{summary['total']}", classes="num soft small")
    text(figures.dollars(summary["costUsd"]), classes="num soft small")
