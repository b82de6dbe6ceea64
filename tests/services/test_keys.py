"""The gateway's own keys."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from omniroute.kit.errors import NotFound, Unprocessable
from omniroute.kit.secret import Secret
from omniroute.services.keys import KeyChange, KeyDraft, Scope, digest
from omniroute.services.moments import moment
from tests.services.parts import PEPPER, Parts


async def test_a_new_key_is_found_by_its_text_and_stored_as_a_keyed_hash_only(parts: Parts) -> None:
    made = await parts.keys.create(KeyDraft(name="Laptop"))
    assert re.fullmatch(r"sk-omni-[A-Za-z0-9_-]{43}", made.secret.reveal())
    found = await parts.keys.find(made.secret)
    assert found == made.record
    row = await parts.key_rows.get(made.record.id)
    assert row.digest == digest(PEPPER, made.secret)
    assert made.secret.reveal() not in repr(row)
    assert row.hint == f"sk-omni-****{made.secret.reveal()[-4:]}"


async def test_a_key_without_scopes_may_call_models_only(parts: Parts) -> None:
    made = await parts.keys.create(KeyDraft(name="Laptop"))
    assert made.record.scopes == (Scope.INFERENCE,)
    with pytest.raises(Unprocessable):
        await parts.keys.create(KeyDraft(name="Laptop", scopes=frozenset()))


def test_the_digest_depends_on_pepper_and_key() -> None:
    key = Secret("sk-omni-x")
    assert digest(PEPPER, key) != digest(bytes(32), key)
    assert digest(PEPPER, key) != digest(PEPPER, Secret("sk-omni-y"))
    assert len(digest(PEPPER, key)) == 32


async def test_a_key_that_is_off_over_or_deleted_is_nobody(parts: Parts) -> None:
    end = moment(parts.clock.now_ms()) + timedelta(hours=1)
    made = await parts.keys.create(KeyDraft(name="Laptop", expires_at=end))
    await parts.keys.update(made.record.id, KeyChange(is_active=False))
    assert await parts.keys.find(made.secret) is None
    await parts.keys.update(made.record.id, KeyChange(is_active=True))
    assert await parts.keys.find(made.secret) is not None
    parts.clock.advance(3600)
    assert await parts.keys.find(made.secret) is None
    await parts.keys.update(made.record.id, KeyChange(expires_at=None))
    assert await parts.keys.find(made.secret) is not None
    await parts.keys.delete(made.record.id)
    assert await parts.keys.find(made.secret) is None
    with pytest.raises(NotFound):
        await parts.keys.delete(made.record.id)


@pytest.mark.parametrize("text", ["", "sk-omni-", "sk-omni-" + "A" * 43, "sk-other", "\ud800"])
async def test_an_unknown_key_is_nobody(parts: Parts, text: str) -> None:
    await parts.keys.create(KeyDraft(name="Laptop"))
    assert await parts.keys.find(Secret(text)) is None


async def test_a_change_leaves_alone_what_it_does_not_name(parts: Parts) -> None:
    made = await parts.keys.create(KeyDraft(name="Laptop", scopes=frozenset({Scope.ADMIN})))
    parts.clock.advance(5)
    changed = await parts.keys.update(made.record.id, KeyChange(name="  Desk  "))
    assert (changed.name, changed.scopes) == ("Desk", (Scope.ADMIN,))
    assert changed.updated_at - changed.created_at == timedelta(seconds=5)
    assert await parts.keys.get(made.record.id) == changed


async def test_an_end_in_the_past_or_without_zone_is_refused(parts: Parts) -> None:
    for end in (datetime(2001, 1, 1, tzinfo=UTC), datetime(2100, 1, 1)):  # noqa: DTZ001 - the fault under test
        with pytest.raises(Unprocessable):
            await parts.keys.create(KeyDraft(name="Laptop", expires_at=end))


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb", "a\0b", "a\ud800b"])
async def test_a_name_that_cannot_be_shown_is_refused(parts: Parts, name: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        await parts.keys.create(KeyDraft(name=name))
    assert caught.value.param == "name"
    assert await parts.keys.list() == ()


async def test_each_change_is_told_before_it_is_answered(parts: Parts) -> None:
    made = await parts.keys.create(KeyDraft(name="Laptop"))
    await parts.keys.update(made.record.id, KeyChange(name="Desk"))
    await parts.keys.delete(made.record.id)
    assert [(one.noun, one.id) for one in parts.changes] == [("keys", made.record.id)] * 3
