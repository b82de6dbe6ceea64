"""The page at /docs: served to anyone, and made of nothing that lies elsewhere."""

import base64
import hashlib
import re

from tests.api.serving import Served


async def test_the_page_fetches_nothing_but_the_document(api: Served) -> None:
    answer = await api.http.get(api.url + "/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert re.findall(r"(?:src|href)=\"((?:https?:)?//[^\"]*)", answer.text) == []
    assert re.findall(r"fetch\(\"([^\"]+)\"", answer.text) == ["openapi.json"]


async def test_the_page_may_run_its_own_script_and_style_only(api: Served) -> None:
    answer = await api.http.get(api.url + "/docs")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    for name in ("style", "script"):
        inline = re.search(rf"<{name}>(.*?)</{name}>", answer.text, re.DOTALL)
        assert inline is not None
        digest = base64.b64encode(hashlib.sha256(inline[1].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
