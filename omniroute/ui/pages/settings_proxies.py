"""Outbound proxies: one for everything, or one for a provider, a combo or a connection, tried before it is used."""

from typing import Any

from nicegui import ui

from omniroute.ui import figures
from omniroute.ui.door import Data, Document
from omniroute.ui.forms import FAILURE, Form, Panel
from omniroute.ui.parts import button, card, confirmed, empty, icon_button, tag, text
from omniroute.ui.visit import Visit

_PROXY = "type host port username passwordSet"
PROXIES = Document(f"""
query Proxies {{
  proxySettings {{
    everywhere {{ {_PROXY} }}
    providers {{ name value {{ {_PROXY} }} }}
    combos {{ name value {{ {_PROXY} }} }}
    connections {{ name value {{ {_PROXY} }} }}
    noProxy
  }}
  providers(supported: true) {{ id name }}
  combos {{ id name }}
  providerConnections {{ id name }}
}}""")
SET = Document(f"""
mutation SetProxies($input: ProxySettingsChange!) {{
  updateProxySettings(input: $input) {{ ... on ProxySettings {{ noProxy }} {FAILURE} }}
}}""")
REMOVE = Document(f"""
mutation RemoveProxy($level: ProxyLevel!, $id: ID) {{
  removeProxy(level: $level, id: $id) {{ ... on Deleted {{ id }} {FAILURE} }}
}}""")
TEST = Document(f"""
mutation TestProxy($input: OutboundProxyInput!) {{
  testProxy(input: $input) {{ ... on ProxyTest {{ success latencyMs publicIp error }} {FAILURE} }}
}}""")
_LEVELS = {"GLOBAL": "everywhere", "PROVIDER": "providers", "COMBO": "combos", "CONNECTION": "connections"}


async def show(visit: Visit) -> None:
    """Build the tab."""
    with card(visit.say("proxies.title"), hint=visit.say("proxies.about")):
        page = _Proxies(visit)
    holds = await page.load()
    if holds is None:
        return
    with card(visit.say("proxies.without"), hint=visit.say("proxies.without_about")):
        panel = Panel(visit)
        with panel.body():
            panel.lines("noProxy", visit.say("proxies.hosts"), holds["noProxy"])
        panel.act(visit.say("act.save"), SET, lambda values: {"input": values}, page.done)


class _Proxies:
    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._owners: dict[str, dict[str, str]] = {}
        self._list = ui.element("div").classes("lines")
        with ui.element("div").classes("row-line form-acts"):
            button(visit.say("proxies.add"), lambda: self._edit("GLOBAL", "", None), icon="add")

    async def load(self) -> Data | None:
        """Ask anew, show, and return what holds."""
        data = await self._visit.tell(PROXIES)
        if data is None:
            return None
        self._owners = {
            "PROVIDER": {one["id"]: one["name"] for one in data["providers"]},
            "COMBO": {one["id"]: one["name"] for one in data["combos"]},
            "CONNECTION": {one["id"]: one["name"] for one in data["providerConnections"]},
        }
        holds: Data = data["proxySettings"]
        found = [("GLOBAL", "", holds["everywhere"])] if holds["everywhere"] else []
        for level in self._owners:
            found += [(level, one["name"], one["value"]) for one in holds[_LEVELS[level]]]
        self._list.clear()
        with self._list:
            if not found:
                with empty("vpn_lock", self._visit.say("proxies.none"), self._visit.say("proxies.none_about")):
                    pass
            for level, owner, proxy in found:
                self._line(level, owner, proxy)
        return holds

    def _line(self, level: str, owner: str, proxy: Data) -> None:
        say = self._visit.say
        with ui.element("div").classes("line"):
            with ui.element("div").classes("grow"):
                text(f"{proxy['type'].lower()}://{proxy['host']}:{proxy['port']}", "div", "strong cut mono")
                whose = self._owners.get(level, {}).get(owner, owner)
                user = say("proxies.user_is", name=proxy["username"]) if proxy["username"] else ""
                text(" · ".join(filter(None, (whose, user))), "div", "faint small cut")
            tag(say(f"proxies.{level.lower()}"))
            icon_button("network_check", say("proxies.test"), lambda: self._test(proxy))
            icon_button("edit", say("act.edit"), lambda: self._edit(level, owner, proxy))
            icon_button("delete", say("act.delete"), lambda: self._remove(level, owner, proxy))

    async def _test(self, proxy: Data) -> None:
        draft = {name: proxy[name] for name in ("type", "host", "port", "username")}
        result = await self._visit.act(TEST, {"input": draft})
        if result is None:
            return
        say = self._visit.say
        if result["success"]:
            took, address = figures.duration(result["latencyMs"]), result["publicIp"] or figures.NOTHING
            ui.notify(say("proxies.works", time=took, address=address), type="positive", timeout=6000)
        else:
            ui.notify(say("error.failed", reason=result["error"]), type="negative", timeout=8000, close_button=True)

    def _edit(self, level: str, owner: str, proxy: Data | None) -> None:
        say = self._visit.say
        form = Form(self._visit, say("proxies.add") if proxy is None else f"{proxy['host']}:{proxy['port']}")
        with form.body():
            if proxy is None:
                owners = {"GLOBAL:": say("proxies.global")}
                for kind, names in self._owners.items():
                    owners |= {
                        f"{kind}:{one}": f"{say(f'proxies.{kind.lower()}')}: {name}" for one, name in names.items()
                    }
                form.choice("owner", say("proxies.owner"), owners, "GLOBAL:")
            form.choice(
                "type",
                say("proxies.type"),
                {one: one for one in ("HTTP", "HTTPS", "SOCKS5")},
                (proxy or {}).get("type", "HTTP"),
            )
            form.line("host", say("proxies.host"), (proxy or {}).get("host", ""), needed=True)
            form.number("port", say("proxies.port"), (proxy or {}).get("port", 8080))
            form.line("username", say("proxies.user"), (proxy or {}).get("username") or "")
            form.line("password", say("proxies.password"), secret=True, hint=say("proxies.password_hint"))

        def variables(values: dict[str, Any]) -> dict[str, Any]:
            kind, _, one = (values.pop("owner", None) or f"{level}:{owner}").partition(":")
            made = {name: value for name, value in values.items() if name != "password" or value}
            return {"input": {_LEVELS[kind]: made if kind == "GLOBAL" else [{"id": one, "proxy": made}]}}

        form.act(say("act.save"), SET, variables, self.done)
        form.dialog.open()

    async def _remove(self, level: str, owner: str, proxy: Data) -> None:
        say = self._visit.say
        name = f"{proxy['host']}:{proxy['port']}"
        sure = await confirmed(
            self._visit, say("proxies.delete", name=name), say("proxies.delete_about"), say("act.delete")
        )
        if sure and await self._visit.act(REMOVE, {"level": level, "id": owner or None}) is not None:
            await self.load()

    async def done(self, _result: Data) -> None:
        """Show what holds now."""
        await self.load()
