"""The operator's way in."""

import asyncio
from dataclasses import replace

import pytest

from omniroute.kit.errors import Conflict, Forbidden, TooMany, Unauthenticated, Unprocessable
from omniroute.kit.secret import Secret
from omniroute.services.login import RequirementChange, Visitor
from omniroute.storage.database import Database
from omniroute.storage.secrets import Sealer
from tests.services.parts import HERE, PASSWORD, Parts, assemble

WRONG = Secret("not the password")


def stranger(number: int) -> Visitor:
    return Visitor(address=f"198.51.{number // 250}.{number % 250 + 1}")


async def set_up(parts: Parts) -> None:
    await parts.login.start(PASSWORD)


async def test_setting_up_by_the_link_signs_in_and_ends_the_link(parts: Parts) -> None:
    assert await parts.login.needs_setup()
    token = parts.login.setup_token()
    assert parts.login.setup_token() == token
    made = await parts.login.finish_setup(token, PASSWORD, HERE)
    assert await parts.login.operator(made.token) is not None
    assert not await parts.login.needs_setup()
    with pytest.raises(Conflict):
        await parts.login.finish_setup(token, Secret("another password"), HERE)
    assert (await parts.login.sign_in(PASSWORD, HERE)).token != made.token


async def test_a_wrong_set_up_token_sets_nothing(parts: Parts) -> None:
    parts.login.setup_token()
    with pytest.raises(Forbidden):
        await parts.login.finish_setup(Secret("guess"), PASSWORD, HERE)
    assert await parts.login.needs_setup()


async def test_no_link_was_shown_so_no_token_sets_anything_up(parts: Parts) -> None:
    with pytest.raises(Forbidden):
        await parts.login.finish_setup(Secret(""), PASSWORD, HERE)


async def test_two_who_use_the_link_at_once_get_one_password_set(parts: Parts) -> None:
    token = parts.login.setup_token()
    passwords = [Secret("first password"), Secret("second password")]
    ended = await asyncio.gather(
        *(parts.login.finish_setup(token, one, HERE) for one in passwords), return_exceptions=True
    )
    assert sorted(isinstance(one, Conflict) for one in ended) == [False, True]


async def test_a_password_too_short_is_refused_and_the_link_stays_good(parts: Parts) -> None:
    token = parts.login.setup_token()
    with pytest.raises(Unprocessable):
        await parts.login.finish_setup(token, Secret("short"), HERE)
    await parts.login.finish_setup(token, PASSWORD, HERE)


async def test_the_initial_password_is_hashed_and_counts_only_once(parts: Parts) -> None:
    await parts.login.start(PASSWORD)
    stored = await parts.meta.get("password_hash")
    assert stored is not None
    assert PASSWORD.reveal() not in stored
    assert stored.startswith("$argon2id$")
    await parts.login.start(Secret("a later other one"))
    await parts.login.sign_in(PASSWORD, HERE)
    with pytest.raises(Unauthenticated):
        await parts.login.sign_in(Secret("a later other one"), HERE)


async def test_without_a_password_nobody_signs_in(parts: Parts) -> None:
    with pytest.raises(Forbidden) as caught:
        await parts.login.sign_in(PASSWORD, HERE)
    assert caught.value.error_code == "needs_setup"


async def test_the_database_holds_no_token(parts: Parts) -> None:
    await set_up(parts)
    made = await parts.login.sign_in(PASSWORD, HERE)
    operator = await parts.login.operator(made.token)
    assert operator is not None
    row = await parts.logins.find(operator.digest)
    assert row is not None
    assert made.token.reveal() not in repr(row)


async def test_signing_out_ends_the_session_at_once(parts: Parts) -> None:
    await set_up(parts)
    made = await parts.login.sign_in(PASSWORD, HERE)
    assert await parts.login.operator(made.token) is not None
    await parts.login.sign_out(made.token)
    assert await parts.login.operator(made.token) is None
    await parts.login.sign_out(made.token)


async def test_a_session_ends_after_thirty_days(parts: Parts) -> None:
    await set_up(parts)
    made = await parts.login.sign_in(PASSWORD, HERE)
    parts.clock.advance(30 * 24 * 3600 - 1)
    assert await parts.login.operator(made.token) is not None
    parts.clock.advance(1)
    assert await parts.login.operator(made.token) is None


async def test_what_another_process_revoked_is_refused_within_a_minute(parts: Parts) -> None:
    await set_up(parts)
    made = await parts.login.sign_in(PASSWORD, HERE)
    assert await parts.login.operator(made.token) is not None
    await parts.logins.delete_all()
    assert await parts.login.operator(made.token) is not None
    parts.clock.advance(61)
    assert await parts.login.operator(made.token) is None


@pytest.mark.parametrize("token", ["", "x" * 43, "x" * 5000, "\ud800", "\0"])
async def test_a_made_up_token_is_nobody(parts: Parts, token: str) -> None:
    await set_up(parts)
    assert await parts.login.operator(Secret(token)) is None


async def test_five_wrong_passwords_shut_an_address_out_for_fifteen_minutes(parts: Parts) -> None:
    await set_up(parts)
    guest = stranger(1)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await parts.login.sign_in(WRONG, guest)
    with pytest.raises(TooMany) as caught:
        await parts.login.sign_in(PASSWORD, guest)
    assert caught.value.retry_after_s == 900
    await parts.login.sign_in(PASSWORD, stranger(2))
    parts.clock.advance(899)
    with pytest.raises(TooMany):
        await parts.login.sign_in(PASSWORD, guest)
    parts.clock.advance(1)
    await parts.login.sign_in(PASSWORD, guest)


async def test_wrong_passwords_far_apart_shut_nobody_out(parts: Parts) -> None:
    await set_up(parts)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            await parts.login.sign_in(WRONG, stranger(1))
        parts.clock.advance(100)


async def test_a_right_password_clears_the_count(parts: Parts) -> None:
    await set_up(parts)
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(Unauthenticated):
                await parts.login.sign_in(WRONG, stranger(1))
        await parts.login.sign_in(PASSWORD, stranger(1))


async def test_many_guesses_at_once_gain_nothing(parts: Parts) -> None:
    await set_up(parts)
    guesses = (parts.login.sign_in(WRONG, stranger(1)) for _ in range(30))
    ended = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(one, Unauthenticated) for one in ended) == 5
    assert sum(isinstance(one, TooMany) for one in ended) == 25


async def test_an_ipv6_guesser_counts_by_its_network(parts: Parts) -> None:
    await set_up(parts)
    for number in range(5):
        with pytest.raises(Unauthenticated):
            await parts.login.sign_in(WRONG, Visitor(address=f"2001:db8:1:2::{number + 1:x}"))
    with pytest.raises(TooMany):
        await parts.login.sign_in(PASSWORD, Visitor(address="2001:db8:1:2:ffff::9"))
    await parts.login.sign_in(PASSWORD, Visitor(address="2001:db8:1:3::1"))


@pytest.mark.slow
async def test_strangers_from_everywhere_slow_down_strangers_but_not_the_operator(parts: Parts) -> None:
    await set_up(parts)
    home = stranger(9000)
    await parts.login.sign_in(PASSWORD, home)
    for number in range(100):
        with pytest.raises(Unauthenticated):
            await parts.login.sign_in(WRONG, stranger(number))
    with pytest.raises(TooMany):
        await parts.login.sign_in(PASSWORD, stranger(500))
    await parts.login.sign_in(PASSWORD, home)
    await parts.login.sign_in(PASSWORD, HERE)
    parts.clock.advance(301)
    await parts.login.sign_in(PASSWORD, stranger(501))


async def test_the_login_can_be_switched_off_and_on_again_on_loopback(parts: Parts) -> None:
    await set_up(parts)
    found = await parts.login.set_requirement(RequirementChange(require_login=False), HERE)
    assert not found.require_login
    assert not await parts.login.is_required()
    found = await parts.login.set_requirement(RequirementChange(require_login=True), HERE)
    assert found.require_login


async def test_the_login_stays_on_while_others_can_reach_the_gateway(database: Database, sealer: Sealer) -> None:
    here, outside = assemble(database, sealer), assemble(database, sealer, loopback=False)
    await here.login.start(PASSWORD)
    with pytest.raises(Conflict):
        await outside.login.set_requirement(RequirementChange(require_login=False), HERE)
    # Switched off on loopback, and then bound to every address: it counts again.
    await here.login.set_requirement(RequirementChange(require_login=False), HERE)
    assert await outside.login.is_required()


async def test_a_new_password_ends_all_other_sessions_but_keeps_the_own(parts: Parts) -> None:
    await set_up(parts)
    mine = await parts.login.sign_in(PASSWORD, HERE)
    other = await parts.login.sign_in(PASSWORD, stranger(1))
    operator = await parts.login.operator(mine.token)
    assert await parts.login.operator(other.token) is not None
    await parts.login.set_requirement(
        RequirementChange(password=Secret("a brand new one")), replace(HERE, operator=operator)
    )
    assert await parts.login.operator(mine.token) is not None
    assert await parts.login.operator(other.token) is None
    await parts.login.sign_in(Secret("a brand new one"), HERE)
    with pytest.raises(Unauthenticated):
        await parts.login.sign_in(PASSWORD, HERE)


async def test_an_old_session_needs_the_current_password_for_a_new_one(parts: Parts) -> None:
    await set_up(parts)
    mine = await parts.login.sign_in(PASSWORD, HERE)
    parts.clock.advance(601)
    visitor = replace(HERE, operator=await parts.login.operator(mine.token))
    new = Secret("a brand new one")
    with pytest.raises(Forbidden) as caught:
        await parts.login.set_requirement(RequirementChange(password=new), visitor)
    assert caught.value.param == "currentPassword"
    with pytest.raises(Unauthenticated):
        await parts.login.set_requirement(RequirementChange(password=new, current_password=WRONG), visitor)
    await parts.login.set_requirement(RequirementChange(password=new, current_password=PASSWORD), visitor)
    await parts.login.sign_in(new, HERE)


async def test_guessing_the_current_password_is_slowed_down_too(parts: Parts) -> None:
    await set_up(parts)
    change = RequirementChange(password=Secret("a brand new one"), current_password=WRONG)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await parts.login.set_requirement(change, stranger(1))
    with pytest.raises(TooMany):
        await parts.login.set_requirement(change, stranger(1))


async def test_an_empty_change_is_refused(parts: Parts) -> None:
    await set_up(parts)
    with pytest.raises(Unprocessable):
        await parts.login.set_requirement(RequirementChange(current_password=PASSWORD), HERE)


async def test_the_command_line_sets_a_password_and_ends_every_session(parts: Parts) -> None:
    await set_up(parts)
    mine = await parts.login.sign_in(PASSWORD, HERE)
    await parts.login.set_password(Secret("set by command"))
    assert await parts.login.operator(mine.token) is None
    await parts.login.sign_in(Secret("set by command"), HERE)
    assert parts.changes[-1].noun == "login"
