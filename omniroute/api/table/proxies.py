"""Outbound proxies."""

from omniroute.api import proxies
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy
from omniroute.kit.errors import NotFound

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        id="getProxies",
        method="GET",
        path="/api/settings/proxy",
        tag="settings",
        summary="Show the outbound proxies, one of them, or the one that a connection uses",
        policy=Policy.ADMIN,
        handler=proxies.show,
        query=proxies.LookedAt,
        answer=proxies.ProxySettings | proxies.OneProxy | proxies.UsedProxy,
        errors=(NotFound,),
    ),
    Operation(
        id="updateProxies",
        method="PUT",
        also=("PATCH",),
        path="/api/settings/proxy",
        tag="settings",
        summary="Set outbound proxies; what is left out stays, and null takes one away",
        policy=Policy.ADMIN,
        handler=proxies.update,
        body=proxies.ProxyUpdate,
        answer=proxies.ProxySettings,
        example={
            "providers": {"openai": {"type": "socks5", "host": "127.0.0.1", "port": 1080}},
            "noProxy": ["localhost", "*.internal.example", "10.0.0.0/8"],
        },
    ),
    Operation(
        id="deleteProxy",
        method="DELETE",
        path="/api/settings/proxy",
        tag="settings",
        summary="Take one outbound proxy away",
        policy=Policy.ADMIN,
        handler=proxies.remove,
        query=proxies.ProxyQuery,
        answer=proxies.ProxySettings,
        errors=(NotFound,),
        asked={"level": "provider", "id": "openai"},
    ),
    Operation(
        id="testProxy",
        method="POST",
        path="/api/settings/proxy/test",
        tag="settings",
        summary="Fetch an address through a proxy; nothing is stored",
        policy=Policy.ADMIN,
        handler=proxies.test,
        body=proxies.TriedProxy,
        answer=proxies.ProxyTestResult,
        example={"proxy": {"type": "http", "host": "127.0.0.1", "port": 3128}},
    ),
)
