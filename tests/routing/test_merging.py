"""The laws of a three-way merge: nothing is lost in silence, both sides end up alike, and a choice is final."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from omniroute.routing.merging import Side, merge, settled

VALUES = st.fixed_dictionaries({"x": st.integers(0, 2)})
SETS = st.dictionaries(st.sampled_from("abcde"), VALUES, max_size=5)
Set = dict[str, dict[str, Any]]


@given(SETS, SETS)
def test_what_only_one_side_changed_is_taken_from_it(base: Set, changed: Set) -> None:
    for merged in (merge(base, changed, base), merge(base, base, changed)):
        assert merged.ours == merged.theirs == merged.base == changed
        assert merged.clashes == ()


@given(SETS, SETS)
def test_what_both_changed_alike_is_no_clash(base: Set, changed: Set) -> None:
    merged = merge(base, changed, changed)
    assert (merged.ours, merged.theirs, merged.clashes) == (changed, changed, ())


@given(SETS, SETS, SETS)
def test_a_clash_is_exactly_what_both_changed_differently_and_each_side_keeps_its_own(
    base: Set, ours: Set, theirs: Set
) -> None:
    merged = merge(base, ours, theirs)
    found = {one.name for one in merged.clashes}
    for name in {*base, *ours, *theirs}:
        before, mine, other = base.get(name), ours.get(name), theirs.get(name)
        assert (name in found) == (mine not in (before, other) and other != before)
        if name in found:
            assert (merged.ours.get(name), merged.theirs.get(name)) == (mine, other)
            assert merged.base.get(name) == before
        else:
            assert merged.ours.get(name) == merged.theirs.get(name) == merged.base.get(name)
            assert merged.ours.get(name) == (other if mine == before else mine)


@given(SETS, SETS, SETS)
def test_both_sides_are_equal_and_a_second_merge_changes_nothing(base: Set, ours: Set, theirs: Set) -> None:
    merged, other = merge(base, ours, theirs), merge(base, theirs, ours)
    assert (merged.ours, merged.theirs) == (other.theirs, other.ours)
    again = merge(merged.base, merged.ours, merged.theirs)
    assert (again.ours, again.theirs, again.base) == (merged.ours, merged.theirs, merged.base)
    assert again.clashes == merged.clashes


@given(SETS, SETS, SETS, st.data())
def test_a_choice_settles_one_clash_for_both_sides(base: Set, ours: Set, theirs: Set, data: st.DataObject) -> None:
    merged = merge(base, ours, theirs)
    if not merged.clashes:
        return
    clash = data.draw(st.sampled_from(merged.clashes))
    side = data.draw(st.sampled_from(Side))
    after = merge(settled(base, clash, side), ours, theirs)
    chosen = clash.ours if side is Side.OURS else clash.theirs
    assert after.ours.get(clash.name) == after.theirs.get(clash.name) == chosen
    assert [one.name for one in after.clashes] == [one.name for one in merged.clashes if one.name != clash.name]
