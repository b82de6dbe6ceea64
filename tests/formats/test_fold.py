"""Answers and streams as two spellings of one thing."""

import pytest
from hypothesis import given

from omniroute.formats.events import ChoiceEnd, Delta, Event, Fault, Finish, PartEnd, PartStart, Start
from omniroute.formats.fold import StreamFault, fold, merge_usage, unfold
from omniroute.formats.hub import Choice, Citation, Response, State, Stop, Text, Thinking, ToolCall, Usage
from tests.formats import strategies

START = Start(id="a", model="m", created=1, usage=Usage(input=5, output=1))


@given(response=strategies.responses)
def test_an_answer_unfolded_and_folded_is_the_same_answer(response: Response) -> None:
    assert fold(unfold(response)) == response


def test_parts_grow_by_their_deltas_and_keep_their_places() -> None:
    events: list[Event] = [
        START,
        PartStart(index=1, part=ToolCall(id="c", name="f")),
        PartStart(index=0, part=Text(text="a")),
        Delta(index=0, text="b"),
        Delta(index=1, text='{"x"'),
        Delta(index=0, citation=Citation(origin="anthropic", raw={})),
        Delta(index=1, text=":1}"),
        PartEnd(index=0),
        PartEnd(index=1),
        ChoiceEnd(stop=Stop.TOOL_CALLS),
        Finish(usage=Usage(output=9)),
    ]
    call = ToolCall(id="c", name="f", arguments='{"x":1}')
    text = Text(text="ab", citations=(Citation(origin="anthropic", raw={}),))
    response = fold(events)
    assert response.choices == (Choice(parts=(text, call), stop=Stop.TOOL_CALLS),)
    assert response.usage == Usage(input=5, output=9)


def test_choices_that_come_mixed_are_kept_apart() -> None:
    events: list[Event] = [
        START,
        PartStart(index=0, part=Text(text=""), choice=1),
        PartStart(index=0, part=Text(text=""), choice=0),
        Delta(index=0, text="one", choice=1),
        Delta(index=0, text="zero", choice=0),
        ChoiceEnd(choice=1, stop=Stop.LENGTH),
        ChoiceEnd(choice=0),
        Finish(),
    ]
    assert [choice.parts[0] for choice in fold(events).choices] == [Text(text="zero"), Text(text="one")]


def test_a_signature_lands_on_its_thought() -> None:
    state = State(origin="anthropic", value="s")
    events: list[Event] = [
        START,
        PartStart(index=0, part=Thinking()),
        Delta(index=0, state=state),
        PartEnd(index=0),
        Finish(),
    ]
    assert fold(events).choices[0].parts == (Thinking(state=state),)


def test_a_fault_is_raised_and_the_first_one_counts() -> None:
    first, second = Fault(kind="overloaded", message="one"), Fault(kind="truncated", message="two")
    with pytest.raises(StreamFault) as raised:
        fold([START, first, second, Finish()])
    assert raised.value.fault is first


def test_a_stream_without_its_end_is_truncated() -> None:
    with pytest.raises(StreamFault) as raised:
        fold([START, PartStart(index=0, part=Text(text="half"))])
    assert raised.value.fault.kind == "truncated"


def test_later_figures_win_where_they_are_given() -> None:
    assert merge_usage(Usage(input=1, output=2), Usage(output=3)) == Usage(input=1, output=3)
    assert merge_usage(None, Usage(output=0)) == Usage(output=0)
    assert merge_usage(Usage(input=1), None) == Usage(input=1)
    assert merge_usage(None, None) is None
