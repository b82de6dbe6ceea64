"""What goes in. Made by `./dev docs` from the GraphQL schema; changes belong there."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from omniroute.client.generated import enums
from omniroute.kit.secret import Secret


class RequestLogFilter(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which requests to list; what is left out does not matter."""

    status: Annotated[str | UnsetType | None, Meta(description="`ok`, `error`, or an HTTP status.")] = UNSET
    outcome: Annotated[
        str | UnsetType | None, Meta(description="`ok`, `failed`, `truncated`, `client_closed` or `refused`.")
    ] = UNSET
    model: Annotated[
        str | UnsetType | None,
        Meta(description="The model's name as the client wrote it, or as the provider calls it."),
    ] = UNSET
    provider: Annotated[str | UnsetType | None, Meta(description="The provider that was used last.")] = UNSET
    connection: Annotated[str | UnsetType | None, Meta(description="The id of the connection that was used last.")] = (
        UNSET
    )
    key: Annotated[str | UnsetType | None, Meta(description="The id of the key that asked.")] = UNSET
    combo: Annotated[str | UnsetType | None, Meta(description="The combo that the name led to.")] = UNSET
    since: Annotated[datetime | UnsetType | None, Meta(description="From when on.")] = UNSET
    until: Annotated[datetime | UnsetType | None, Meta(description="Up to when.")] = UNSET
    search: Annotated[
        str | UnsetType | None, Meta(description="A part of a text, such as of a failure's words: 1 to 200 characters.")
    ] = UNSET


class UsagePeriod(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which time, in which spans, split by what."""

    since: Annotated[datetime | UnsetType | None, Meta(description="From when on; left out: a day before `until`.")] = (
        UNSET
    )
    until: Annotated[datetime | UnsetType | None, Meta(description="Up to when; left out: until now.")] = UNSET
    step: Annotated[
        enums.UsageStep | UnsetType,
        Meta(description="How long a span is. Split or not, 2,000 spans are allowed in all. (default: hour)"),
    ] = UNSET
    by: Annotated[
        enums.UsageBy | UnsetType | None, Meta(description="What spans are split by; left out: by nothing.")
    ] = UNSET


class RouteInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A request that is not sent."""

    model: Annotated[str, Meta(description="The model's name as a client would write it.")]
    format: Annotated[
        enums.WireFormat | UnsetType, Meta(description="The wire format of the body. (default: openai_chat)")
    ] = UNSET
    body: Annotated[
        Any | UnsetType | None, Meta(description="The request's body; left out: only the model's name counts.")
    ] = UNSET
    stream: Annotated[bool | UnsetType, Meta(description="Whether the answer would be streamed. (default: false)")] = (
        UNSET
    )
    key: Annotated[str | UnsetType | None, Meta(description="The id of the key that it would come with.")] = UNSET
    session: Annotated[str | UnsetType | None, Meta(description="The name of its conversation.")] = UNSET


class ReplayInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to try on recorded requests: a combo, or a strategy over targets."""

    combo: Annotated[
        str | UnsetType | None, Meta(description="The name of a combo; left out: give a strategy and targets.")
    ] = UNSET
    strategy: Annotated[
        enums.RoutingStrategy | UnsetType | None,
        Meta(description="How a target is chosen; left out: as the combo does."),
    ] = UNSET
    targets: Annotated[
        Sequence[str] | UnsetType | None, Meta(description="Names of models to choose from: at most 32.")
    ] = UNSET
    since: Annotated[datetime | UnsetType | None, Meta(description="From when on; left out: from the first.")] = UNSET
    until: Annotated[datetime | UnsetType | None, Meta(description="Up to when; left out: until now.")] = UNSET
    limit: Annotated[
        int | UnsetType, Meta(description="How many of the newest requests: 1 to 20,000. (default: 5000)")
    ] = UNSET
    seed: Annotated[
        int | UnsetType, Meta(description="What chance goes by: the same seed gives the same answer. (default: 1)")
    ] = UNSET


class PolicyHeaderInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a header of a request must be like."""

    name: Annotated[str, Meta(description="The header's name.")]
    value: Annotated[str, Meta(description="What its value must be like; * and ? are wildcards.")]


class SampleRequestInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A request in words."""

    model: Annotated[str, Meta(description="The model's name as a client would write it.")]
    key_id: Annotated[str | UnsetType | None, Meta(description="The id of the key that it would come with.")] = UNSET
    format: Annotated[
        enums.WireFormat | UnsetType,
        Meta(description="The wire format that the client would speak. (default: openai_chat)"),
    ] = UNSET
    input_tokens: Annotated[int | UnsetType, Meta(description="How many tokens would go in. (default: 0)")] = UNSET
    output_tokens: Annotated[
        int | UnsetType, Meta(description="How long an answer it would ask for at most, in tokens. (default: 500)")
    ] = UNSET
    address: Annotated[str | UnsetType | None, Meta(description="The address that it would come from.")] = UNSET
    headers: Annotated[Sequence[PolicyHeaderInput] | UnsetType | None, Meta(description="Its headers.")] = UNSET
    tags: Annotated[Sequence[str] | UnsetType | None, Meta(description="Its tags.")] = UNSET
    at: Annotated[datetime | UnsetType | None, Meta(description="When it would come; left out: now.")] = UNSET
    cost_today_usd: Annotated[
        Decimal | UnsetType | None,
        Meta(description="What its key would have spent today, in US dollars; left out: what it has."),
    ] = UNSET
    cost_month_usd: Annotated[
        Decimal | UnsetType | None,
        Meta(description="What its key would have spent this month, in US dollars; left out: what it has."),
    ] = UNSET


class PolicyLimitsInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """Limits that a policy sets."""

    requests_per_minute: Annotated[
        int | UnsetType | None, Meta(description="Requests in any 60 seconds; null: no limit.")
    ] = UNSET
    concurrent_requests: Annotated[
        int | UnsetType | None, Meta(description="Calls under way at once; null: no limit.")
    ] = UNSET
    timeout_ms: Annotated[
        int | UnsetType | None,
        Meta(description="Until an answer is there or has begun, in milliseconds; null: no limit."),
    ] = UNSET


class PolicyEffectsInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What happens to a request that matches."""

    deny: Annotated[bool | UnsetType, Meta(description="Refuse it. (default: false)")] = UNSET
    message: Annotated[
        str | UnsetType | None, Meta(description="What a refused client reads; null: the gateway's own words.")
    ] = UNSET
    reroute: Annotated[
        str | UnsetType | None,
        Meta(description="Take another model, alias or combo instead; null: what was asked for."),
    ] = UNSET
    max_tokens: Annotated[
        int | UnsetType | None, Meta(description="Let the answer have so many tokens at most; null: no limit.")
    ] = UNSET
    require_tags: Annotated[
        Sequence[str] | UnsetType | None, Meta(description="Refuse it unless it has these tags.")
    ] = UNSET
    stop: Annotated[bool | UnsetType, Meta(description="Leave out the policies that follow. (default: false)")] = UNSET
    limits: Annotated[
        PolicyLimitsInput | UnsetType | None, Meta(description="Limits of each key that it matches; null: none.")
    ] = UNSET


class PolicyTimeInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """Times of day, in a time zone. A night belongs to the day on which it begins."""

    start: Annotated[str | UnsetType | None, Meta(description="From this time of day on, HH:MM.")] = UNSET
    end: Annotated[
        str | UnsetType | None,
        Meta(description="Up to this time of day, HH:MM; over midnight when it is earlier than `start`."),
    ] = UNSET
    weekdays: Annotated[
        Sequence[enums.Weekday] | UnsetType | None, Meta(description="Days of the week on which it begins; empty: all.")
    ] = UNSET
    zone: Annotated[str | UnsetType, Meta(description='The time zone, such as Europe/Berlin. (default: "utc")')] = UNSET


class PolicyConditionsInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a request must be like: all that is said must hold; what is left out does not matter."""

    keys: Annotated[Sequence[str] | UnsetType | None, Meta(description="Ids of keys; empty: any.")] = UNSET
    models: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Patterns (* and ?) of names that clients write; empty: any."),
    ] = UNSET
    providers: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Ids or prefixes of providers that the model leads to; empty: any."),
    ] = UNSET
    formats: Annotated[
        Sequence[enums.WireFormat] | UnsetType | None,
        Meta(description="Wire formats that the client speaks; empty: any."),
    ] = UNSET
    min_input_tokens: Annotated[
        int | UnsetType | None,
        Meta(description="With at least so many input tokens, as estimated; null does not matter."),
    ] = UNSET
    max_input_tokens: Annotated[
        int | UnsetType | None,
        Meta(description="With at most so many input tokens, as estimated; null does not matter."),
    ] = UNSET
    min_output_tokens: Annotated[
        int | UnsetType | None, Meta(description="Asking for at least so many output tokens; null does not matter.")
    ] = UNSET
    addresses: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Addresses and CIDR ranges that the client calls from; empty: any."),
    ] = UNSET
    tags: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Patterns (* and ?) of tags that the client gave; empty: any."),
    ] = UNSET
    cost_today_usd: Annotated[
        Decimal | UnsetType | None,
        Meta(description="Which the caller's key has spent today by UTC, in US dollars; null does not matter."),
    ] = UNSET
    cost_month_usd: Annotated[
        Decimal | UnsetType | None,
        Meta(description="Which the caller's key has spent this month by UTC, in US dollars; null does not matter."),
    ] = UNSET
    time: Annotated[PolicyTimeInput | UnsetType | None, Meta(description="When; null: at any time.")] = UNSET
    headers: Annotated[
        Sequence[PolicyHeaderInput] | UnsetType | None, Meta(description="What headers must be like.")
    ] = UNSET


class PolicyInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A new policy."""

    name: Annotated[str, Meta(description="What the operator calls it: 1 to 100 characters.")]
    effects: Annotated[PolicyEffectsInput, Meta(description="What happens then.")]
    priority: Annotated[
        int | UnsetType, Meta(description="Lower is looked at first: 0 to 1,000,000. (default: 100)")
    ] = UNSET
    state: Annotated[enums.PolicyState | UnsetType, Meta(description="Whether it acts. (default: active)")] = UNSET
    conditions: Annotated[
        PolicyConditionsInput | UnsetType | None, Meta(description="What a request must be like; left out: any.")
    ] = UNSET


class AuditFilter(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which entries; what is left out does not matter."""

    action: Annotated[str | UnsetType | None, Meta(description="What was done, in full.")] = UNSET
    actor: Annotated[str | UnsetType | None, Meta(description="Who did it: a name or an id.")] = UNSET
    target: Annotated[str | UnsetType | None, Meta(description="What it was done to, in full.")] = UNSET
    outcome: Annotated[str | UnsetType | None, Meta(description="`ok`, `refused` or `failed`.")] = UNSET
    surface: Annotated[
        str | UnsetType | None, Meta(description="The way in: rest, graphql, dashboard, command, job or system.")
    ] = UNSET
    since: Annotated[datetime | UnsetType | None, Meta(description="From when on.")] = UNSET
    until: Annotated[datetime | UnsetType | None, Meta(description="Before when.")] = UNSET


class TranslationInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A request to show in another format."""

    source: Annotated[enums.WireFormat, Meta(description="The format that it is in.")]
    target: Annotated[enums.WireFormat, Meta(description="The format to show it in.")]
    body: Annotated[Any, Meta(description="Its body.")]


class ProviderConnectionInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A new connection."""

    provider: Annotated[str, Meta(description="A provider's id or alias, or a node's id or prefix.")]
    name: Annotated[str, Meta(description="What to call it: 1 to 200 characters, once for each provider.")]
    api_key: Annotated[Secret | UnsetType | None, Meta(description="The key at the provider.")] = UNSET
    base_url: Annotated[str | UnsetType | None, Meta(description="Another address than the provider's own.")] = UNSET
    local: Annotated[
        bool | UnsetType, Meta(description="Whether the address may lie in a private network. (default: false)")
    ] = UNSET
    priority: Annotated[int | UnsetType, Meta(description="Lower is tried first: 1 to 1,000. (default: 1)")] = UNSET
    weight: Annotated[
        int | UnsetType, Meta(description="How often it is chosen beside others: 1 to 1,000. (default: 1)")
    ] = UNSET
    max_concurrent: Annotated[
        int | UnsetType | None, Meta(description="How many requests it takes at once; left out: any number.")
    ] = UNSET
    default_model: Annotated[str | UnsetType | None, Meta(description="The model that its tests use.")] = UNSET
    is_active: Annotated[bool | UnsetType, Meta(description="Whether requests may use it. (default: true)")] = UNSET


class ProviderConnectionChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change of a connection; what is left out stays. An address elsewhere needs the key again."""

    name: Annotated[str | UnsetType | None, Meta(description="What to call it.")] = UNSET
    api_key: Annotated[Secret | UnsetType | None, Meta(description="The key at the provider; null takes it away.")] = (
        UNSET
    )
    base_url: Annotated[
        str | UnsetType | None, Meta(description="Another address than the provider's own; null: its own.")
    ] = UNSET
    local: Annotated[bool | UnsetType | None, Meta(description="Whether the address may lie in a private network.")] = (
        UNSET
    )
    priority: Annotated[int | UnsetType | None, Meta(description="Lower is tried first: 1 to 1,000.")] = UNSET
    weight: Annotated[int | UnsetType | None, Meta(description="How often it is chosen beside others: 1 to 1,000.")] = (
        UNSET
    )
    max_concurrent: Annotated[
        int | UnsetType | None, Meta(description="How many requests it takes at once; null: any number.")
    ] = UNSET
    default_model: Annotated[str | UnsetType | None, Meta(description="The model that its tests use; null: none.")] = (
        UNSET
    )
    is_active: Annotated[bool | UnsetType | None, Meta(description="Whether requests may use it.")] = UNSET


class OAuthClientInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to set of a client; what is left out stays, null takes back what was set."""

    client_id: Annotated[str | UnsetType | None, Meta(description="The client id that the provider gave.")] = UNSET
    client_secret: Annotated[Secret | UnsetType | None, Meta(description="Its secret, where it has one.")] = UNSET
    flow: Annotated[enums.OAuthFlow | UnsetType | None, Meta(description="How a person gives consent.")] = UNSET
    authorize_url: Annotated[str | UnsetType | None, Meta(description="Where consent is given.")] = UNSET
    token_url: Annotated[str | UnsetType | None, Meta(description="Where tokens are granted.")] = UNSET
    device_url: Annotated[str | UnsetType | None, Meta(description="Where a device flow begins.")] = UNSET
    revoke_url: Annotated[str | UnsetType | None, Meta(description="Where tokens are taken back.")] = UNSET
    usage_url: Annotated[str | UnsetType | None, Meta(description="Where the quota of an account is told.")] = UNSET
    scopes: Annotated[Sequence[str] | UnsetType | None, Meta(description="What is asked for.")] = UNSET
    client_auth: Annotated[
        enums.OAuthClientAuth | UnsetType | None, Meta(description="How the client proves itself.")
    ] = UNSET
    local: Annotated[
        bool | UnsetType | None, Meta(description="Whether these addresses may lie in a private network.")
    ] = UNSET


class SignInInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """How to begin a sign-in."""

    name: Annotated[
        str | UnsetType | None, Meta(description="What to call the connection; left out: as the account.")
    ] = UNSET
    connection_id: Annotated[str | UnsetType | None, Meta(description="The connection to sign in anew.")] = UNSET
    redirect_uri: Annotated[
        str | UnsetType | None,
        Meta(
            description="Where the browser comes back: /api/oauth/{provider}/callback of this gateway, or your own page."
        ),
    ] = UNSET


class NodeHeaderInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A header to send to a node."""

    name: Annotated[str, Meta(description="The header's name.")]
    value: Annotated[Secret, Meta(description="The header's value.")]


class ProviderNodeInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A new node."""

    name: Annotated[str, Meta(description="What to call it: 1 to 200 characters.")]
    prefix: Annotated[
        str,
        Meta(description="What a model's name begins with: 1 to 64 letters, digits, dots, hyphens and underscores."),
    ]
    base_url: Annotated[str, Meta(description="The root of its endpoints.")]
    api_type: Annotated[
        enums.NodeApiType | UnsetType | None,
        Meta(description="The wire format that it speaks; left out: `type` decides."),
    ] = UNSET
    type: Annotated[
        enums.NodeType | UnsetType | None, Meta(description="The coarser word; left out with apiType: CHAT.")
    ] = UNSET
    headers: Annotated[
        Sequence[NodeHeaderInput] | UnsetType | None,
        Meta(description="Headers to add: at most 32. They replace all former ones."),
    ] = UNSET
    local: Annotated[
        bool | UnsetType, Meta(description="Whether its address may lie in a private network. (default: false)")
    ] = UNSET


class ProviderNodeChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change of a node; what is left out stays. An address elsewhere needs keys and headers again."""

    name: Annotated[str | UnsetType | None, Meta(description="What to call it.")] = UNSET
    prefix: Annotated[str | UnsetType | None, Meta(description="What a model's name begins with.")] = UNSET
    base_url: Annotated[str | UnsetType | None, Meta(description="The root of its endpoints.")] = UNSET
    api_type: Annotated[enums.NodeApiType | UnsetType | None, Meta(description="The wire format that it speaks.")] = (
        UNSET
    )
    type: Annotated[enums.NodeType | UnsetType | None, Meta(description="The coarser word for it.")] = UNSET
    headers: Annotated[
        Sequence[NodeHeaderInput] | UnsetType | None,
        Meta(description="Headers to add: at most 32. They replace all former ones."),
    ] = UNSET
    api_key: Annotated[Secret | UnsetType | None, Meta(description="The key of the node's one connection.")] = UNSET
    local: Annotated[bool | UnsetType | None, Meta(description="Whether its address may lie in a private network.")] = (
        UNSET
    )


class ConnectionCheckInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a connection would be made of."""

    provider: Annotated[str, Meta(description="A provider's id or alias, or a node's id or prefix.")]
    api_key: Annotated[Secret | UnsetType | None, Meta(description="The key at the provider; it is not stored.")] = (
        UNSET
    )
    base_url: Annotated[str | UnsetType | None, Meta(description="Another address than the provider's own.")] = UNSET
    local: Annotated[
        bool | UnsetType, Meta(description="Whether the address may lie in a private network. (default: false)")
    ] = UNSET
    model: Annotated[str | UnsetType | None, Meta(description="The model to ask; left out: one is chosen.")] = UNSET


class NodeCheckInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a node would be made of, with a key."""

    base_url: Annotated[str, Meta(description="The root of its endpoints.")]
    api_key: Annotated[Secret | UnsetType | None, Meta(description="The key at the provider; it is not stored.")] = (
        UNSET
    )
    api_type: Annotated[
        enums.NodeApiType | UnsetType | None,
        Meta(description="The wire format that it speaks; left out: chat completions."),
    ] = UNSET
    type: Annotated[
        enums.NodeType | UnsetType | None, Meta(description="The coarser word for it, where `apiType` is left out.")
    ] = UNSET
    headers: Annotated[
        Sequence[NodeHeaderInput] | UnsetType | None, Meta(description="Headers to add: at most 32.")
    ] = UNSET
    local: Annotated[
        bool | UnsetType, Meta(description="Whether the address may lie in a private network. (default: false)")
    ] = UNSET
    model: Annotated[str | UnsetType | None, Meta(description="The model to ask; left out: one is chosen.")] = UNSET


class OutboundProxyInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A proxy. Without a password the one of the same host, port and user name stays."""

    host: Annotated[str, Meta(description="Its host: a name or an address, without a scheme, a port or a path.")]
    port: Annotated[int, Meta(description="Its port: 1 to 65,535.")]
    type: Annotated[enums.ProxyType | UnsetType, Meta(description="How it is spoken to. (default: http)")] = UNSET
    username: Annotated[str | UnsetType | None, Meta(description="The user name that it asks for; null: none.")] = UNSET
    password: Annotated[Secret | UnsetType | None, Meta(description="The password that it asks for.")] = UNSET


class OwnedProxyInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whose a proxy shall be."""

    id: Annotated[str, Meta(description="The id of the provider, node, combo or connection.")]
    proxy: Annotated[OutboundProxyInput | UnsetType | None, Meta(description="The proxy; null: none of its own.")] = (
        UNSET
    )


class ProxySettingsChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays."""

    everywhere: Annotated[
        OutboundProxyInput | UnsetType | None, Meta(description="The one for everything; null: none.")
    ] = UNSET
    providers: Annotated[
        Sequence[OwnedProxyInput] | UnsetType | None,
        Meta(description="Proxies of providers; those that are not named stay."),
    ] = UNSET
    combos: Annotated[
        Sequence[OwnedProxyInput] | UnsetType | None,
        Meta(description="Proxies of combos; those that are not named stay."),
    ] = UNSET
    connections: Annotated[
        Sequence[OwnedProxyInput] | UnsetType | None,
        Meta(description="Proxies of connections; those that are not named stay."),
    ] = UNSET
    no_proxy: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Hosts that are reached without a proxy. The list replaces the one before."),
    ] = UNSET


class ModelVisibilityChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to hide or show; what is left out stays."""

    hidden: Annotated[Sequence[str] | UnsetType | None, Meta(description="All names that are hidden.")] = UNSET
    hide: Annotated[str | UnsetType | None, Meta(description="One name to hide as well.")] = UNSET
    show: Annotated[str | UnsetType | None, Meta(description="One name to show again.")] = UNSET


class CustomModelInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model to add, or to change when it is there."""

    provider: Annotated[str, Meta(description="A provider's id or alias, or a node's id or prefix.")]
    model_id: Annotated[str, Meta(description="Its name, as the provider calls it.")]
    model_name: Annotated[str | UnsetType | None, Meta(description="Its name for people; left out: the same.")] = UNSET
    type: Annotated[enums.CustomModelKind | UnsetType, Meta(description="What it is for. (default: chat)")] = UNSET
    context_window: Annotated[int | UnsetType | None, Meta(description="How many tokens it takes.")] = UNSET
    source: Annotated[
        str | UnsetType, Meta(description='Where it comes from: 1 to 16 characters. (default: "manual")')
    ] = UNSET


class ModelAliasInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """An alias to set, over what it meant before."""

    alias: Annotated[str, Meta(description="What a client may write; * stands for any letters.")]
    model: Annotated[str, Meta(description="What it means: any name of a model or combo.")]
    position: Annotated[
        int | UnsetType | None, Meta(description="Lower comes first; left out: it keeps its own, or comes last.")
    ] = UNSET


class TargetConditionInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which requests a target takes; what is left out does not matter."""

    min_input_tokens: Annotated[
        int | UnsetType | None, Meta(description="With at least so many input tokens, as estimated.")
    ] = UNSET
    max_input_tokens: Annotated[
        int | UnsetType | None, Meta(description="With at most so many input tokens, as estimated.")
    ] = UNSET
    needs_tools: Annotated[bool | UnsetType | None, Meta(description="With tools (true) or without (false).")] = UNSET
    needs_images: Annotated[bool | UnsetType | None, Meta(description="With images (true) or without (false).")] = UNSET
    stream: Annotated[bool | UnsetType | None, Meta(description="Streaming (true) or not (false).")] = UNSET


class ComboTargetInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """One target."""

    model: Annotated[
        str, Meta(description="Any name that a client could write: a provider's model, an alias, another combo.")
    ]
    connection: Annotated[str | UnsetType | None, Meta(description="The id of the only connection to use.")] = UNSET
    weight: Annotated[
        int | UnsetType, Meta(description="How often it is chosen, where that is by weight: 0 to 1,000. (default: 1)")
    ] = UNSET
    priority: Annotated[int | UnsetType, Meta(description="Lower is tried first: 1 to 1,000. (default: 1)")] = UNSET
    context_window: Annotated[
        int | UnsetType | None, Meta(description="How many tokens the model takes; left out: as far as known.")
    ] = UNSET
    condition: Annotated[
        TargetConditionInput | UnsetType | None, Meta(description="Which requests it takes; left out: all.")
    ] = UNSET


class AnswerChecksInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What an answer must be like to be taken."""

    min_characters: Annotated[int | UnsetType, Meta(description="It has as many characters of text. (default: 1)")] = (
        UNSET
    )
    valid_json: Annotated[
        bool | UnsetType,
        Meta(description="It is JSON, and of the schema, where the request asked for that. (default: true)"),
    ] = UNSET
    pattern: Annotated[str | UnsetType | None, Meta(description="The regular expression is found in its text.")] = UNSET
    complete: Annotated[
        bool | UnsetType, Meta(description="It was not cut by a limit of length or a content filter. (default: true)")
    ] = UNSET
    no_refusal: Annotated[bool | UnsetType, Meta(description="The model did not refuse. (default: true)")] = UNSET


class ComboConfigInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A combo's limits."""

    max_attempts: Annotated[
        int | UnsetType | None, Meta(description="How many tries at most; null: as the gateway is set.")
    ] = UNSET
    timeout_ms: Annotated[
        int | UnsetType | None,
        Meta(
            description="Until an answer is complete or its stream has begun, in milliseconds, whatever was tried; null: no limit."
        ),
    ] = UNSET
    first_byte_timeout_ms: Annotated[
        int | UnsetType | None,
        Meta(description="For each try until its first byte, in milliseconds; null: as the gateway is set."),
    ] = UNSET
    sticky_limit: Annotated[
        int | UnsetType,
        Meta(description="How many requests round-robin gives a target in a row: 1 to 1,000. (default: 1)"),
    ] = UNSET
    max_retries: Annotated[
        int | UnsetType | None,
        Meta(description="How often the same target is tried again; without it, what holds for all requests."),
    ] = UNSET
    retry_delay_ms: Annotated[
        int | UnsetType | None, Meta(description="About how many milliseconds lie between tries at the same target.")
    ] = UNSET
    hedge_after_ms: Annotated[
        int | UnsetType | None,
        Meta(description="After how many milliseconds without an answer a second target is asked as well; 0 never."),
    ] = UNSET
    checks: Annotated[
        AnswerChecksInput | UnsetType | None,
        Meta(description="What an answer must be like with CASCADE; null: the plain checks."),
    ] = UNSET


class ComboInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A new combo."""

    name: Annotated[
        str, Meta(description="The name that clients write as a model: 1 to 100 letters, digits and any of _/.-")
    ]
    targets: Annotated[Sequence[ComboTargetInput], Meta(description="Its targets: 1 to 32.")]
    strategy: Annotated[
        enums.RoutingStrategy | UnsetType, Meta(description="How a target is chosen. (default: priority)")
    ] = UNSET
    config: Annotated[ComboConfigInput | UnsetType | None, Meta(description="Its limits.")] = UNSET
    is_active: Annotated[bool | UnsetType, Meta(description="Whether clients may use it. (default: true)")] = UNSET


class ComboChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change of a combo; what is left out stays. Targets and limits are replaced as a whole."""

    name: Annotated[str | UnsetType | None, Meta(description="The name that clients write as a model.")] = UNSET
    targets: Annotated[Sequence[ComboTargetInput] | UnsetType | None, Meta(description="Its targets: 1 to 32.")] = UNSET
    strategy: Annotated[enums.RoutingStrategy | UnsetType | None, Meta(description="How a target is chosen.")] = UNSET
    config: Annotated[ComboConfigInput | UnsetType | None, Meta(description="Its limits.")] = UNSET
    is_active: Annotated[bool | UnsetType | None, Meta(description="Whether clients may use it.")] = UNSET


class ApiKeyInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A new key."""

    name: Annotated[str, Meta(description="What to call it: 1 to 200 characters.")]
    scopes: Annotated[
        Sequence[enums.KeyScope] | UnsetType | None, Meta(description="What it may do: INFERENCE alone when left out.")
    ] = UNSET
    expires_at: Annotated[
        datetime | UnsetType | None, Meta(description="When it ends by itself, with a time zone; left out: never.")
    ] = UNSET
    rpm: Annotated[int | UnsetType | None, Meta(description="Requests in any 60 seconds; null: no limit.")] = UNSET
    tpm: Annotated[int | UnsetType | None, Meta(description="Tokens in any 60 seconds; null: no limit.")] = UNSET
    max_concurrent: Annotated[int | UnsetType | None, Meta(description="Calls under way at once; null: no limit.")] = (
        UNSET
    )
    allowed_models: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Patterns (* and ?) of the models that it may use; empty: all."),
    ] = UNSET
    allowed_providers: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Ids or prefixes of the providers that it may use; empty: all."),
    ] = UNSET
    allowed_addresses: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Addresses and CIDR ranges that it may be used from; empty: all."),
    ] = UNSET
    no_log: Annotated[
        bool | UnsetType, Meta(description="Nothing is kept of its requests but what money needs. (default: false)")
    ] = UNSET


class ApiKeyChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change of a key; what is left out stays."""

    name: Annotated[str | UnsetType | None, Meta(description="What to call it.")] = UNSET
    scopes: Annotated[Sequence[enums.KeyScope] | UnsetType | None, Meta(description="What it may do.")] = UNSET
    is_active: Annotated[bool | UnsetType | None, Meta(description="Whether it opens anything.")] = UNSET
    expires_at: Annotated[datetime | UnsetType | None, Meta(description="When it ends by itself; null: never.")] = UNSET
    rpm: Annotated[int | UnsetType | None, Meta(description="Requests in any 60 seconds; null: no limit.")] = UNSET
    tpm: Annotated[int | UnsetType | None, Meta(description="Tokens in any 60 seconds; null: no limit.")] = UNSET
    max_concurrent: Annotated[int | UnsetType | None, Meta(description="Calls under way at once; null: no limit.")] = (
        UNSET
    )
    allowed_models: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Patterns (* and ?) of the models that it may use; empty: all."),
    ] = UNSET
    allowed_providers: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Ids or prefixes of the providers that it may use; empty: all."),
    ] = UNSET
    allowed_addresses: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Addresses and CIDR ranges that it may be used from; empty: all."),
    ] = UNSET
    no_log: Annotated[
        bool | UnsetType | None, Meta(description="Nothing is kept of its requests but what money needs.")
    ] = UNSET


class BudgetInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """A budget to set, over the one of the same key, period and unit."""

    limit: Annotated[
        Decimal, Meta(description="How much may be used: dollars up to 1,000,000,000, or whole tokens up to 10^15.")
    ]
    key_id: Annotated[str | UnsetType | None, Meta(description="The id of the key; null: all calls together.")] = UNSET
    period: Annotated[enums.BudgetPeriod | UnsetType, Meta(description="When it begins anew. (default: monthly)")] = (
        UNSET
    )
    unit: Annotated[enums.BudgetUnit | UnsetType, Meta(description="What it is in. (default: usd)")] = UNSET
    thresholds: Annotated[
        Sequence[int] | UnsetType | None,
        Meta(description="At which percentages to warn, 1 to 100: at most 10; left out: 80 and 100."),
    ] = UNSET


class RateLimitsInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """The limits of one model or connection; what is left out has none."""

    requests_per_minute: Annotated[
        int | UnsetType | None, Meta(description="Requests in any 60 seconds; null: no limit.")
    ] = UNSET
    tokens_per_minute: Annotated[
        int | UnsetType | None, Meta(description="Tokens in any 60 seconds; null: no limit.")
    ] = UNSET
    concurrent_requests: Annotated[
        int | UnsetType | None, Meta(description="Calls under way at once; null: no limit.")
    ] = UNSET


class NamedLimitsInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """The limits of one model or connection."""

    name: Annotated[str, Meta(description="A pattern over provider/model, or a connection's id.")]
    limits: Annotated[RateLimitsInput, Meta(description="Its limits.")]


class LimitSettingsChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays. Limits of models and of connections are replaced as a whole."""

    requests_per_minute: Annotated[
        int | UnsetType | None, Meta(description="Requests in any 60 seconds; null: no limit.")
    ] = UNSET
    tokens_per_minute: Annotated[
        int | UnsetType | None, Meta(description="Tokens in any 60 seconds; null: no limit.")
    ] = UNSET
    concurrent_requests: Annotated[
        int | UnsetType | None, Meta(description="Calls under way at once; null: no limit.")
    ] = UNSET
    min_time_between_requests: Annotated[
        int | UnsetType | None, Meta(description="The least time between two requests, in milliseconds: 0 to 60,000.")
    ] = UNSET
    models: Annotated[
        Sequence[NamedLimitsInput] | UnsetType | None,
        Meta(description="Limits of models, by patterns over provider/model."),
    ] = UNSET
    connections: Annotated[
        Sequence[NamedLimitsInput] | UnsetType | None, Meta(description="Limits of connections, by their ids.")
    ] = UNSET
    queue_size: Annotated[
        int | UnsetType | None,
        Meta(description="How many calls may wait for a place instead of being refused: 0 to 10,000."),
    ] = UNSET
    queue_timeout_ms: Annotated[
        int | UnsetType | None, Meta(description="How long a call waits at most, in milliseconds: 1 to 300,000.")
    ] = UNSET
    unknown_price: Annotated[
        enums.UnknownPrice | UnsetType | None,
        Meta(description="What becomes of a call whose price is not known, under a budget in dollars."),
    ] = UNSET
    default_output_tokens: Annotated[
        int | UnsetType | None,
        Meta(description="How many tokens a call is taken to use that names no most for its answer."),
    ] = UNSET


class ModelPriceInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a model costs."""

    input: Annotated[Decimal, Meta(description="For input, in US dollars for a million tokens.")]
    output: Annotated[Decimal, Meta(description="For output, in US dollars for a million tokens.")]
    cached: Annotated[
        Decimal | UnsetType | None,
        Meta(
            description="For input that comes from the provider's cache, in US dollars for a million tokens; null: as input or output."
        ),
    ] = UNSET
    reasoning: Annotated[
        Decimal | UnsetType | None,
        Meta(
            description="For output that the model thinks with, in US dollars for a million tokens; null: as input or output."
        ),
    ] = UNSET
    cache_creation: Annotated[
        Decimal | UnsetType | None,
        Meta(
            description="For input that is kept five minutes, in US dollars for a million tokens; null: as input or output."
        ),
    ] = UNSET
    cache_creation_hour: Annotated[
        Decimal | UnsetType | None,
        Meta(
            description="For input that is kept an hour, in US dollars for a million tokens; null: as input or output."
        ),
    ] = UNSET
    audio_input: Annotated[
        Decimal | UnsetType | None,
        Meta(description="For sound that goes in, in US dollars for a million tokens; null: as input or output."),
    ] = UNSET
    audio_output: Annotated[
        Decimal | UnsetType | None,
        Meta(description="For sound that comes out, in US dollars for a million tokens; null: as input or output."),
    ] = UNSET
    image_input: Annotated[
        Decimal | UnsetType | None,
        Meta(description="For images that go in, in US dollars for a million tokens; null: as input or output."),
    ] = UNSET
    image_output: Annotated[
        Decimal | UnsetType | None,
        Meta(description="For images that come out, in US dollars for a million tokens; null: as input or output."),
    ] = UNSET
    request: Annotated[
        Decimal | UnsetType | None, Meta(description="For each request, in US dollars; null: nothing.")
    ] = UNSET
    image: Annotated[
        Decimal | UnsetType | None, Meta(description="For each picture that is made, in US dollars; null: nothing.")
    ] = UNSET
    audio_minute: Annotated[
        Decimal | UnsetType | None, Meta(description="For each minute of sound, in US dollars; null: nothing.")
    ] = UNSET
    characters: Annotated[
        Decimal | UnsetType | None,
        Meta(description="For a million letters that are spoken, in US dollars; null: nothing."),
    ] = UNSET
    search: Annotated[
        Decimal | UnsetType | None, Meta(description="For each search, in US dollars; null: nothing.")
    ] = UNSET


class PricedInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What one model of a provider shall cost."""

    provider: Annotated[str, Meta(description="The provider's id, or a node's.")]
    model: Annotated[str, Meta(description="The model, as the provider calls it.")]
    price: Annotated[ModelPriceInput, Meta(description="Its price.")]


class RerateInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which requests to reckon anew."""

    since: Annotated[datetime, Meta(description="From when on.")]
    until: Annotated[datetime, Meta(description="Up to when.")]
    model: Annotated[
        str | UnsetType | None, Meta(description="Only of this model, as the provider calls it; left out: all.")
    ] = UNSET
    provider: Annotated[str | UnsetType | None, Meta(description="Only of this provider; left out: all.")] = UNSET


class ResilienceProfileChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change of a profile; what is left out stays."""

    transient_cooldown: Annotated[
        int | UnsetType | None,
        Meta(description="The rest after a server error, a break or a timeout, in milliseconds; it doubles."),
    ] = UNSET
    max_transient_cooldown: Annotated[
        int | UnsetType | None, Meta(description="The longest such rest, in milliseconds.")
    ] = UNSET
    rate_limit_cooldown: Annotated[
        int | UnsetType | None,
        Meta(description="The rest after a rate limit without a time, in milliseconds; 0: a second. It doubles."),
    ] = UNSET
    max_rate_limit_cooldown: Annotated[
        int | UnsetType | None, Meta(description="The longest such rest, in milliseconds.")
    ] = UNSET
    lock_cooldown: Annotated[
        int | UnsetType | None,
        Meta(description="The rest after a refused key, an empty account or a missing model, in milliseconds."),
    ] = UNSET
    max_backoff_level: Annotated[
        int | UnsetType | None, Meta(description="How often a rest doubles at most: 0 to 20.")
    ] = UNSET
    circuit_breaker_threshold: Annotated[
        int | UnsetType | None, Meta(description="How many failures in a row open the breaker: 1 to 1,000.")
    ] = UNSET
    circuit_breaker_reset: Annotated[
        int | UnsetType | None, Meta(description="How long the breaker stays open, in milliseconds.")
    ] = UNSET
    max_retries: Annotated[
        int | UnsetType | None, Meta(description="How often the same target is tried again: 0 to 10.")
    ] = UNSET
    retry_delay: Annotated[int | UnsetType | None, Meta(description="The pause before that, in milliseconds.")] = UNSET


class NamedProfileChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change of the profile of one category of accounts."""

    category: Annotated[enums.AccountCategory, Meta(description="The category.")]
    profile: Annotated[ResilienceProfileChange, Meta(description="What to change.")]


class RequestLimitsChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays."""

    max_attempts: Annotated[
        int | UnsetType | None,
        Meta(description="How many tries a request has at most, 1 to 50; null: as the process is set."),
    ] = UNSET
    timeout_ms: Annotated[
        int | UnsetType | None,
        Meta(description="Until an answer is complete or its stream has begun, in milliseconds; null: no limit."),
    ] = UNSET
    first_byte_timeout_ms: Annotated[
        int | UnsetType | None,
        Meta(description="For each try until its first byte, in milliseconds; null: as the process is set."),
    ] = UNSET
    hedge_after_ms: Annotated[
        int | UnsetType | None, Meta(description="When a second target is asked as well, in milliseconds; null: never.")
    ] = UNSET
    max_retries: Annotated[
        int | UnsetType | None,
        Meta(description="How often the same target is tried again; null: as the account's profile says."),
    ] = UNSET
    retry_delay_ms: Annotated[
        int | UnsetType | None,
        Meta(description="The pause before that, in milliseconds; null: as the account's profile says."),
    ] = UNSET


class ResilienceSettingsChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays."""

    profiles: Annotated[
        Sequence[NamedProfileChange] | UnsetType | None, Meta(description="What to change of profiles.")
    ] = UNSET
    requests: Annotated[
        RequestLimitsChange | UnsetType | None, Meta(description="What to change of the limits of one request.")
    ] = UNSET
    heed_limits: Annotated[
        bool | UnsetType | None,
        Meta(description="Whether an account comes last while its provider says that nothing is left of a limit."),
    ] = UNSET


class BreakerFilter(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to forget: all that fits every field given; with none given, everything."""

    name: Annotated[str | UnsetType | None, Meta(description="The breaker's name.")] = UNSET
    provider: Annotated[str | UnsetType | None, Meta(description="The provider's id.")] = UNSET
    connection_id: Annotated[str | UnsetType | None, Meta(description="The connection's id.")] = UNSET
    model: Annotated[str | UnsetType | None, Meta(description="The model.")] = UNSET


class PolicyChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change of a policy; what is left out stays. Conditions and effects are replaced as a whole."""

    name: Annotated[str | UnsetType | None, Meta(description="What the operator calls it: 1 to 100 characters.")] = (
        UNSET
    )
    priority: Annotated[int | UnsetType | None, Meta(description="Lower is looked at first: 0 to 1,000,000.")] = UNSET
    state: Annotated[enums.PolicyState | UnsetType | None, Meta(description="Whether it acts.")] = UNSET
    conditions: Annotated[
        PolicyConditionsInput | UnsetType | None, Meta(description="What a request must be like.")
    ] = UNSET
    effects: Annotated[PolicyEffectsInput | UnsetType | None, Meta(description="What happens then.")] = UNSET


class SystemPromptChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays."""

    enabled: Annotated[bool | UnsetType | None, Meta(description="Whether it is sent.")] = UNSET
    prompt: Annotated[str | UnsetType | None, Meta(description="The prompt: up to 50,000 characters.")] = UNSET
    position: Annotated[
        enums.PromptPosition | UnsetType | None, Meta(description="Where it stands in relation to the client's own.")
    ] = UNSET
    formats: Annotated[
        Sequence[enums.WireFormat] | UnsetType | None,
        Meta(description="For clients of these wire formats; empty: for all."),
    ] = UNSET


class ThinkingBudgetChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays."""

    mode: Annotated[
        enums.ThinkingMode | UnsetType | None, Meta(description="What is done to what a client says on thinking.")
    ] = UNSET
    custom_budget: Annotated[
        int | UnsetType | None, Meta(description="How many tokens to think with in the mode CUSTOM: 0 to 131,072.")
    ] = UNSET
    effort_level: Annotated[
        enums.ThinkingEffort | UnsetType | None,
        Meta(description="How much to think in the mode ADAPTIVE, before the request is looked at."),
    ] = UNSET


class IpBanInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whom to keep out for a while."""

    ip: Annotated[str, Meta(description="The address.")]
    duration_ms: Annotated[
        int | UnsetType,
        Meta(description="For how long, in milliseconds: up to 366 days; left out: an hour. (default: 3600000)"),
    ] = UNSET
    reason: Annotated[str | UnsetType | None, Meta(description="Why: up to 200 characters.")] = UNSET


class IpFilterChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays. Whole lists, or one entry more or less."""

    enabled: Annotated[bool | UnsetType | None, Meta(description="Whether the filter is on.")] = UNSET
    mode: Annotated[enums.IpFilterMode | UnsetType | None, Meta(description="What the lists mean.")] = UNSET
    blacklist: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(description="Addresses and ranges that are kept out: 203.0.113.7, 10.0.0.0/8, 10.1.*.*."),
    ] = UNSET
    whitelist: Annotated[
        Sequence[str] | UnsetType | None, Meta(description="Addresses and ranges that are let in.")
    ] = UNSET
    add_blacklist: Annotated[str | UnsetType | None, Meta(description="An entry to add to the blacklist.")] = UNSET
    remove_blacklist: Annotated[str | UnsetType | None, Meta(description="An entry to take off the blacklist.")] = UNSET
    add_whitelist: Annotated[str | UnsetType | None, Meta(description="An entry to add to the whitelist.")] = UNSET
    remove_whitelist: Annotated[str | UnsetType | None, Meta(description="An entry to take off the whitelist.")] = UNSET
    temp_ban: Annotated[IpBanInput | UnsetType | None, Meta(description="Whom to keep out for a while.")] = UNSET
    remove_ban: Annotated[
        str | UnsetType | None, Meta(description="An address that is kept out for a while no longer.")
    ] = UNSET
    force: Annotated[
        bool | UnsetType,
        Meta(description="Whether to save what keeps the caller out, who is refused it otherwise. (default: false)"),
    ] = UNSET


class ModelThresholdInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """The least likeness for one chat model."""

    model: Annotated[str, Meta(description="The model's name as clients write it.")]
    threshold: Annotated[float, Meta(description="The least likeness, from 0 to 1.")]


class SimilaritySettingsInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """Similarity as it shall be; what is left out is as at first."""

    enabled: Annotated[bool | UnsetType, Meta(description="Whether similarity is on. (default: false)")] = UNSET
    shadow: Annotated[
        bool | UnsetType, Meta(description="Only note what would have been answered. (default: true)")
    ] = UNSET
    model: Annotated[
        str | UnsetType,
        Meta(description='What makes the embeddings: `local`, or the name of an embedding model. (default: "local")'),
    ] = UNSET
    threshold: Annotated[float | UnsetType, Meta(description="The least likeness, from 0 to 1. (default: 0.95)")] = (
        UNSET
    )
    thresholds: Annotated[
        Sequence[ModelThresholdInput] | UnsetType | None, Meta(description="The least likeness for single chat models.")
    ] = UNSET


class CacheSettingsChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays."""

    enabled: Annotated[bool | UnsetType | None, Meta(description="Whether answers are kept and given again.")] = UNSET
    only_deterministic: Annotated[
        bool | UnsetType | None, Meta(description="Keep only answers to requests with temperature 0 or a seed.")
    ] = UNSET
    ttl_s: Annotated[int | UnsetType | None, Meta(description="How long an answer is kept, in seconds.")] = UNSET
    max_entries: Annotated[int | UnsetType | None, Meta(description="How many answers memory holds.")] = UNSET
    max_entry_bytes: Annotated[
        int | UnsetType | None, Meta(description="The largest answer that is kept, in bytes.")
    ] = UNSET
    shared: Annotated[
        bool | UnsetType | None, Meta(description="Whether a key may get answers that other keys' requests made.")
    ] = UNSET
    similarity: Annotated[SimilaritySettingsInput | UnsetType | None, Meta(description="Similarity, as a whole.")] = (
        UNSET
    )


class BackupSettingsInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays."""

    enabled: Annotated[bool | UnsetType | None, Meta(description="Whether backups are made by themselves.")] = UNSET
    interval_hours: Annotated[int | UnsetType | None, Meta(description="Hours from one to the next.")] = UNSET
    keep_hourly: Annotated[int | UnsetType | None, Meta(description="How many hours keep their newest backup.")] = UNSET
    keep_daily: Annotated[int | UnsetType | None, Meta(description="How many days keep their newest backup.")] = UNSET
    keep_weekly: Annotated[int | UnsetType | None, Meta(description="How many weeks keep their newest backup.")] = UNSET


class CliToolInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a tool is to be pointed at."""

    model: Annotated[str, Meta(description="The model that it is to use: a model, alias or combo of this gateway.")]
    url: Annotated[
        str | UnsetType | None,
        Meta(description="The gateway's root, without /v1; null: this gateway, as it is reached from its own machine."),
    ] = UNSET
    api_key: Annotated[
        Secret | UnsetType | None, Meta(description="The key that it is to use; null: one is made for it.")
    ] = UNSET
    preview: Annotated[bool | UnsetType, Meta(description="Whether to show the difference only. (default: false)")] = (
        UNSET
    )


class EvalOutputInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """An answer that was got elsewhere."""

    case_id: Annotated[str, Meta(description="The case.")]
    text: Annotated[str, Meta(description="The answer.")]


class EvalRunInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to run: a suite against models or combos, or on answers that are handed in."""

    suite_id: Annotated[str, Meta(description="The suite.")]
    models: Annotated[
        Sequence[str] | UnsetType | None, Meta(description="The models or combos to ask, each in a run of its own.")
    ] = UNSET
    outputs: Annotated[
        Sequence[EvalOutputInput] | UnsetType | None, Meta(description="Answers that are handed in instead.")
    ] = UNSET
    judge: Annotated[str | UnsetType | None, Meta(description="The model that judges where a case names none.")] = UNSET
    parallel: Annotated[
        int | UnsetType, Meta(description="How many cases are asked at once, up to 32. (default: 4)")
    ] = UNSET
    max_cost_usd: Annotated[
        Decimal | UnsetType | None, Meta(description="Once a run has spent this many US dollars it asks no more.")
    ] = UNSET


class SyncInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """Where to sync to, and the passphrase that all instances share."""

    kind: Annotated[enums.RemoteKind, Meta(description="How the remote is spoken to.")]
    url: Annotated[str, Meta(description="Where the object is; that of a gateway for another OmniRoute.")]
    passphrase: Annotated[str, Meta(description="What encrypts it end to end.")]
    local: Annotated[bool | UnsetType, Meta(description="Whether it may be at a private address. (default: false)")] = (
        UNSET
    )
    username: Annotated[str | UnsetType | None, Meta(description="As whom; the access key id of S3.")] = UNSET
    credential: Annotated[
        str | UnsetType | None, Meta(description="A password, token, admin key, or the secret key of S3.")
    ] = UNSET
    region: Annotated[str | UnsetType | None, Meta(description="The region of S3.")] = UNSET


class RetentionSettingsChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays, and 0 keeps all."""

    request_log_days: Annotated[
        int | UnsetType | None, Meta(description="For how many days requests are kept in the log.")
    ] = UNSET
    request_log_rows: Annotated[
        int | UnsetType | None, Meta(description="How many requests the log holds at most.")
    ] = UNSET
    usage_days: Annotated[
        int | UnsetType | None, Meta(description="For how many days the sums by the minute are kept.")
    ] = UNSET
    audit_days: Annotated[int | UnsetType | None, Meta(description="For how many days the audit log is kept.")] = UNSET


class JobChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays."""

    enabled: Annotated[bool | UnsetType | None, Meta(description="Whether it runs by the clock.")] = UNSET
    schedule: Annotated[
        str | UnsetType | None,
        Meta(
            description="When it runs: a span such as 15m, 6h or 1d, or a crontab's five fields; null goes back to its own."
        ),
    ] = UNSET


class PlaygroundInput(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to ask a model."""

    model: Annotated[str, Meta(description="Any name of a model or combo that a client could write.")]
    text: Annotated[str, Meta(description="What the user says.")]
    system: Annotated[str | UnsetType | None, Meta(description="What the system says.")] = UNSET
    tools: Annotated[
        str | UnsetType | None, Meta(description="The tools, as the text of a JSON list in OpenAI's spelling.")
    ] = UNSET
    image: Annotated[
        str | UnsetType | None, Meta(description="An image beside the text: its address, or a data URL.")
    ] = UNSET
    temperature: Annotated[float | UnsetType | None, Meta(description="How freely it answers, 0 to 2.")] = UNSET
    max_tokens: Annotated[int | UnsetType | None, Meta(description="How many tokens the answer may have.")] = UNSET


class LoginRequirementChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change. A new password needs the current one, or a sign-in a few minutes old; it ends other
    sessions.
    """

    require_login: Annotated[
        bool | UnsetType | None,
        Meta(
            description="Whether to ask for a login; it may be off only where no other machine can reach the gateway."
        ),
    ] = UNSET
    password: Annotated[Secret | UnsetType | None, Meta(description="The new password: 8 to 200 characters.")] = UNSET
    current_password: Annotated[Secret | UnsetType | None, Meta(description="The current password.")] = UNSET


class BalancingSettingsChange(Struct, frozen=True, kw_only=True, rename="camel"):
    """What to change; what is left out stays."""

    fallback_strategy: Annotated[
        enums.RoutingStrategy | UnsetType | None, Meta(description="How an account is chosen.")
    ] = UNSET
    sticky_round_robin_limit: Annotated[
        int | UnsetType | None, Meta(description="How many requests round-robin gives an account in a row: 1 to 1,000.")
    ] = UNSET
    blocked_providers: Annotated[
        Sequence[str] | UnsetType | None,
        Meta(
            description="The providers that get no requests, by id, alias or prefix; the list replaces the one before."
        ),
    ] = UNSET


class RequestFeedFilter(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which requests to tell of; what is left out does not matter."""

    key_id: Annotated[str | UnsetType | None, Meta(description="The id of the key that asked.")] = UNSET
    model: Annotated[str | UnsetType | None, Meta(description="The model's name as the client wrote it.")] = UNSET
    provider: Annotated[
        str | UnsetType | None, Meta(description="The provider that answered; requests under way have none yet.")
    ] = UNSET
    statuses: Annotated[
        Sequence[enums.RequestStatus] | UnsetType | None, Meta(description="How they stand or ended: any of these.")
    ] = UNSET
