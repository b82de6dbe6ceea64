"""The IP filter's lists, on both kinds of database; what it does is tested through a whole gateway."""

from typing import Any

import pytest

from omniroute.kit.errors import Conflict, Unprocessable
from omniroute.routing.addresses import Mode
from omniroute.services.ip_filter import BanDraft, IpChange, IpFilter
from tests.services.parts import Parts

HOME = "192.0.2.1"


@pytest.fixture
def ip_filter(parts: Parts) -> IpFilter:
    return parts.rulebook.ip_filter


async def test_entries_are_spelled_plainly_and_kept_once(ip_filter: IpFilter) -> None:
    listed = ["10.1.2.3/8", "10.*.*.*", "::ffff:198.51.100.7", "2001:DB8:0::/48"]
    shown = await ip_filter.update(IpChange(blacklist=listed), HOME)
    assert shown.blacklist == ("10.0.0.0/8", "198.51.100.7", "2001:db8::/48")
    shown = await ip_filter.update(IpChange(add_whitelist="10.0.0.1", remove_blacklist="10.0.0.0/8"), HOME)
    assert (shown.whitelist, shown.blacklist) == (("10.0.0.1",), ("198.51.100.7", "2001:db8::/48"))
    assert await ip_filter.get() == shown


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("blacklist", {"blacklist": ["10.0.0.0/33"]}),
        ("whitelist", {"whitelist": ["example.com"]}),
        ("addBlacklist", {"add_blacklist": "10.*.0.1"}),
        ("removeWhitelist", {"remove_whitelist": "10.0.0.1"}),
        ("tempBan.ip", {"temp_ban": BanDraft(ip="10.0.0.0/8")}),
        ("tempBan.durationMs", {"temp_ban": BanDraft(ip="10.0.0.1", duration_ms=0)}),
        ("removeBan", {"remove_ban": "10.0.0.1"}),
    ],
)
async def test_what_is_no_entry_is_refused_by_name(ip_filter: IpFilter, field: str, change: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable) as caught:
        await ip_filter.update(IpChange(**change), HOME)
    assert caught.value.param == field


async def test_bans_end_and_a_new_one_replaces_the_old(parts: Parts, ip_filter: IpFilter) -> None:
    await ip_filter.update(IpChange(temp_ban=BanDraft(ip="2001:db8::0:7", duration_ms=1_000)), HOME)
    shown = await ip_filter.update(IpChange(temp_ban=BanDraft(ip="2001:db8::7", reason=" again ")), HOME)
    assert [(one.ip, one.remaining_ms, one.reason) for one in shown.temp_bans] == [("2001:db8::7", 3_600_000, "again")]
    parts.clock.advance(3_600)
    assert (await ip_filter.get()).temp_bans == ()


async def test_only_what_would_act_shuts_its_author_out(parts: Parts, ip_filter: IpFilter) -> None:
    await ip_filter.update(IpChange(blacklist=[HOME]), HOME)
    with pytest.raises(Conflict, match=r"shut you out: the address 192\.0\.2\.1 is on the blacklist"):
        await ip_filter.update(IpChange(enabled=True), HOME)
    assert parts.changes[-1].id == "ipFilter"
    assert not (await ip_filter.get()).enabled
    await ip_filter.update(IpChange(enabled=True, mode=Mode.WHITELIST_PRIORITY, whitelist=[HOME]), HOME)
    assert (await ip_filter.update(IpChange(temp_ban=BanDraft(ip=HOME)), HOME)).temp_bans, "the whitelist comes first"
    await ip_filter.update(IpChange(mode=Mode.BLACKLIST, force=True), HOME)
    assert await ip_filter.compiled() is not None
