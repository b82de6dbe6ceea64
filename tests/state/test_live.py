"""What is going on is seen, and bounded."""

from omniroute.state import live as module
from omniroute.state.bus import Bus
from omniroute.state.live import ActiveRequest, Ended, Live, session_mark
from tests.services.parts import ManualClock


class Somewhere:
    at = ("openai", "conn_1", "gpt-5")
    tries = 1


def request(number: int, clock: ManualClock, session: int = 7) -> ActiveRequest:
    return ActiveRequest(
        id=f"req_{number}",
        started_ms=clock.now_ms(),
        key_id="key_1",
        client="tests",
        model="coding",
        stream=False,
        session=session,
        running=Somewhere(),
        bus=Bus(),
    )


def ended(model: str = "gpt-5", *, answered: bool = True) -> Ended:
    return Ended(
        provider="openai",
        connection_id="conn_1",
        model=model,
        answered=answered,
        latency_ms=100.0,
        first_token_ms=None,
        input_tokens=10,
        output_tokens=5,
        cost_nano=7,
    )


def test_a_conversation_adds_up_its_requests_and_is_forgotten_after_half_an_hour() -> None:
    clock = ManualClock()
    live = Live(clock)
    for number in range(3):
        made = live.began(request(number, clock))
        assert [one.id for one in live.active()] == [made.id]
        live.ended(made, ended())
    (talk,) = live.conversations()
    assert (talk.requests, talk.active, talk.input_tokens, talk.cost_nano) == (3, 0, 30, 21)
    assert talk.connection_id == "conn_1"
    clock.advance(module.SESSION_S + 2)
    assert live.conversations() == ()
    assert live.active() == ()


def test_there_are_never_more_conversations_than_allowed() -> None:
    clock = ManualClock()
    live = Live(clock)
    for number in range(module.MOST_SESSIONS + 10):
        live.ended(live.began(request(number, clock, session=number)), ended())
    assert len(live.conversations()) == module.MOST_SESSIONS
    assert live.conversations()[0].id == f"{module.MOST_SESSIONS + 9:016x}"


def test_models_beyond_what_is_kept_apart_still_count_for_their_provider() -> None:
    clock = ManualClock()
    live = Live(clock)
    for number in range(module.MOST_MODELS + 20):
        live.ended(live.began(request(number, clock)), ended(f"model-{number}"))
    assert len(live.model_paces(5)) == module.MOST_MODELS
    assert live.paces(5)["openai"].whole.count == module.MOST_MODELS + 20


def test_what_failed_says_nothing_of_a_provider_s_pace() -> None:
    clock = ManualClock()
    live = Live(clock)
    live.ended(live.began(request(1, clock)), ended(answered=False))
    assert live.paces(5) == {}


def test_a_mark_tells_nothing_and_is_the_same_again() -> None:
    assert session_mark("key", None, "secret words") == session_mark("key", None, "secret words")
    assert session_mark("key", None, "a") != session_mark("key", "", "a")
    assert 0 <= session_mark("x" * 10_000) < 2**64


def test_a_clock_that_was_set_forward_loses_nothing_under_way() -> None:
    clock = ManualClock()
    live = Live(clock)
    late = request(1, clock)
    clock.advance(module.SESSION_S * 2)
    live.ended(live.began(late), ended())
    assert live.active() == ()
