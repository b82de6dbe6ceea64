"""Metrics as Prometheus reads them: true, bounded, and only for who may see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from omniroute.services.totals import MOST_PROVIDERS, Totals, family
from omniroute.storage.rows import RequestRow
from tests.gateways import GatewayMaker, RunningGateway


async def scraped(gateway: RunningGateway, key: str | None = None) -> dict[str, float]:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    answer = await gateway.http.get(f"{gateway.url}/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        f"{one.name}{sorted(one.labels.items())}": one.value
        for family_of in text_string_to_metric_families(answer.text)
        for one in family_of.samples
    }


async def test_what_was_asked_is_counted_by_what_it_was_and_by_nobodys_name(gateway: RunningGateway) -> None:
    await gateway.chat("demo/echo")
    await gateway.chat("demo/echo", stream=True)
    await gateway.chat("demo/nothing-of-the-kind")
    await gateway.rows(3)
    told = await scraped(gateway, gateway.admin_key)
    sort = "[('family', 'echo'), ('format', 'openai-chat'), ('outcome', 'ok'), ('provider', 'demo')]"
    assert told[f"omniroute_requests_total{sort}"] == 2
    assert told["omniroute_request_duration_seconds_count[('provider', 'demo')]"] == 2
    assert told["omniroute_first_token_seconds_count[('provider', 'demo')]"] == 1
    assert told["omniroute_tokens_total[('family', 'echo'), ('kind', 'output'), ('provider', 'demo')]"] > 0
    assert told["omniroute_requests_in_flight[]"] == 0
    assert told["omniroute_job_running[('job', 'backup')]"] == 0
    text = repr(told)
    keys = (await gateway.admin("GET", "/api/keys"))["keys"]
    assert not [one["id"] for one in keys if one["id"] in text]


async def test_a_key_of_its_own_scope_opens_the_metrics_and_nothing_else(gateway: RunningGateway) -> None:
    made = await gateway.admin("POST", "/api/keys", {"name": "Prometheus", "scopes": ["metrics"]})
    assert await scraped(gateway, made["key"])
    headers = {"authorization": f"Bearer {made['key']}"}
    assert (await gateway.http.get(f"{gateway.url}/api/keys", headers=headers)).status_code == 403
    assert (await gateway.http.get(f"{gateway.url}/v1/models", headers=headers)).status_code in {401, 403}


async def test_nobody_else_sees_them_unless_a_setting_opens_them(gateways: GatewayMaker) -> None:
    shut, opened = await gateways(), await gateways(metrics_public=True)
    assert (await shut.http.get(f"{shut.url}/metrics")).status_code == 401
    assert (await shut.http.get(f"{shut.url}/metrics", headers=shut.auth)).status_code == 403
    assert await scraped(opened)


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("gpt-5-mini", "gpt-5"), ("gpt-4o-2024-08-06", "gpt-4o"), ("claude-sonnet-4-5", "claude-sonnet"),
        ("gemini-2.5-pro", "gemini-2.5"), ("meta-llama/Llama-3.3-70B", "llama"), ("my-own", "other"), (None, ""),
    ],
)  # fmt: skip
def test_models_are_told_by_their_family(model: str | None, kind: str) -> None:
    assert family(model) == kind


@given(st.lists(st.text(min_size=1, max_size=20), max_size=300))
def test_however_many_names_there_are_the_labels_are_few(names: list[str]) -> None:
    totals = Totals()
    totals.add([_row(name) for name in names])
    assert len({sort.provider for sort in totals.sorts}) <= MOST_PROVIDERS + 1
    assert sum(total.requests for total in totals.sorts.values()) == len(names)
    assert sum(sum(one.counts) for one in totals.whole.values()) == len(names)


def _row(name: str) -> RequestRow:
    return RequestRow(
        id=name,
        started_at=0,
        key_id=name,
        address=None,
        user_agent=None,
        format="ollama",
        path="/",
        requested_model=name,
        stream=False,
        outcome="ok",
        status=200,
        provider=name,
        connection_id=name,
        model=name,
        latency_us=1_000_000,
    )
