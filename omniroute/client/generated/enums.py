"""The schema's enums. Made by `./dev docs` from the GraphQL schema; changes belong there."""

from enum import StrEnum


class AccountCategory(StrEnum):
    """What decides on an account's profile."""

    OAUTH = "OAUTH"
    API_KEY = "API_KEY"
    LOCAL = "LOCAL"


class AuthKind(StrEnum):
    """What a provider asks for."""

    API_KEY = "API_KEY"
    OAUTH = "OAUTH"
    NONE = "NONE"


class BreakerPhase(StrEnum):
    """How a breaker stands."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class BudgetPeriod(StrEnum):
    """When a budget begins anew, by UTC."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


class BudgetUnit(StrEnum):
    """What a budget is in."""

    USD = "USD"
    TOKENS = "TOKENS"


class CachePart(StrEnum):
    """What of the cache to empty."""

    ALL = "ALL"
    ANSWERS = "ANSWERS"
    IDEMPOTENCY = "IDEMPOTENCY"
    SIMILARITY = "SIMILARITY"


class CandidateState(StrEnum):
    """How a target stands for a request."""

    CHOSEN = "CHOSEN"
    NEXT = "NEXT"
    COOLING = "COOLING"
    SKIPPED = "SKIPPED"


class CliToolMode(StrEnum):
    """Where the operator says that tools run."""

    AUTO = "AUTO"
    HOST = "HOST"
    CONTAINER = "CONTAINER"


class CliToolReason(StrEnum):
    """Why a tool cannot be used, or need not be there."""

    NOT_FOUND = "NOT_FOUND"
    NOT_EXECUTABLE = "NOT_EXECUTABLE"
    HEALTHCHECK_FAILED = "HEALTHCHECK_FAILED"
    MISSING_COMMAND = "MISSING_COMMAND"
    NOT_REQUIRED = "NOT_REQUIRED"


class ConfigurationAction(StrEnum):
    """What becomes of a thing."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    REMOVE = "REMOVE"


class CustomModelKind(StrEnum):
    """What a model is for."""

    CHAT = "CHAT"
    EMBEDDING = "EMBEDDING"
    IMAGE = "IMAGE"
    TRANSCRIPTION = "TRANSCRIPTION"
    SPEECH = "SPEECH"
    MODERATION = "MODERATION"
    RERANK = "RERANK"


class DatabaseStatus(StrEnum):
    """Whether the database answers."""

    OK = "OK"
    UNAVAILABLE = "UNAVAILABLE"


class DiagnosisKind(StrEnum):
    """What a check means."""

    OK = "OK"
    AUTH = "AUTH"
    QUOTA = "QUOTA"
    RATE = "RATE"
    UNAVAILABLE = "UNAVAILABLE"
    UPSTREAM = "UPSTREAM"
    MODEL = "MODEL"
    NETWORK = "NETWORK"
    UNSUPPORTED = "UNSUPPORTED"


class DiagnosisSource(StrEnum):
    """Who said so."""

    UPSTREAM = "UPSTREAM"
    NETWORK = "NETWORK"
    GATEWAY = "GATEWAY"


class EvalRunState(StrEnum):
    """How far a run is."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    STOPPED = "STOPPED"
    FAILED = "FAILED"


class EvalVerdict(StrEnum):
    """What comparing two runs says."""

    FIRST = "FIRST"
    SECOND = "SECOND"
    UNCLEAR = "UNCLEAR"


class HealthStatus(StrEnum):
    """Whether the gateway can serve."""

    HEALTHY = "HEALTHY"
    UNHEALTHY = "UNHEALTHY"


class IpFilterMode(StrEnum):
    """What the lists mean."""

    BLACKLIST = "BLACKLIST"
    WHITELIST = "WHITELIST"
    WHITELIST_PRIORITY = "WHITELIST_PRIORITY"


class JobCause(StrEnum):
    """Why a job ran."""

    SCHEDULE = "SCHEDULE"
    MISSED = "MISSED"
    MANUAL = "MANUAL"


class JobOutcome(StrEnum):
    """How a run stands or ended."""

    RUNNING = "RUNNING"
    OK = "OK"
    FAILED = "FAILED"
    INTERRUPTED = "INTERRUPTED"


class KeyScope(StrEnum):
    """What a key may do."""

    INFERENCE = "INFERENCE"
    ADMIN = "ADMIN"
    METRICS = "METRICS"


class LossAction(StrEnum):
    """What became of something that the other format has no word for."""

    DROPPED = "DROPPED"
    MAPPED = "MAPPED"


class ModelKind(StrEnum):
    """What a model is for."""

    CHAT = "CHAT"
    EMBEDDING = "EMBEDDING"
    IMAGE = "IMAGE"
    TRANSCRIPTION = "TRANSCRIPTION"
    SPEECH = "SPEECH"
    MODERATION = "MODERATION"
    RERANK = "RERANK"


class NodeApiType(StrEnum):
    """The wire format that a node speaks."""

    CHAT = "CHAT"
    RESPONSES = "RESPONSES"
    ANTHROPIC = "ANTHROPIC"
    GEMINI = "GEMINI"
    OLLAMA = "OLLAMA"


class NodeType(StrEnum):
    """The coarser word for what a node speaks."""

    OPENAI = "OPENAI"
    ANTHROPIC = "ANTHROPIC"


class OAuthClientAuth(StrEnum):
    """How a client proves itself."""

    NONE = "NONE"
    POST = "POST"
    BASIC = "BASIC"


class OAuthFlow(StrEnum):
    """How a person gives consent."""

    AUTHORIZATION_CODE = "AUTHORIZATION_CODE"
    DEVICE_CODE = "DEVICE_CODE"


class PolicyRuling(StrEnum):
    """What becomes of a request."""

    ALLOW = "ALLOW"
    DENY = "DENY"


class PolicyState(StrEnum):
    """Whether it acts."""

    ACTIVE = "ACTIVE"
    SHADOW = "SHADOW"
    DRAFT = "DRAFT"


class PriceSource(StrEnum):
    """Where a price comes from."""

    CATALOG = "CATALOG"
    OVERRIDE = "OVERRIDE"
    LOCAL = "LOCAL"


class PromptPosition(StrEnum):
    """Where it stands in relation to the client's own."""

    PREPEND = "PREPEND"
    APPEND = "APPEND"


class ProviderPurpose(StrEnum):
    """What a provider's endpoints are for."""

    CHAT = "CHAT"
    MODELS = "MODELS"
    COUNT_TOKENS = "COUNT_TOKENS"
    EMBEDDINGS = "EMBEDDINGS"
    IMAGES = "IMAGES"
    IMAGE_EDITS = "IMAGE_EDITS"
    TRANSCRIPTIONS = "TRANSCRIPTIONS"
    TRANSLATIONS = "TRANSLATIONS"
    SPEECH = "SPEECH"
    MODERATIONS = "MODERATIONS"
    RERANK = "RERANK"


class ProxyLevel(StrEnum):
    """What a proxy is for; the later ones here win."""

    GLOBAL = "GLOBAL"
    PROVIDER = "PROVIDER"
    COMBO = "COMBO"
    CONNECTION = "CONNECTION"


class ProxyType(StrEnum):
    """How it is spoken to."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"
    SOCKS5 = "SOCKS5"


class RemoteKind(StrEnum):
    """How the server of a remote is spoken to."""

    OMNIROUTE = "OMNIROUTE"
    WEBDAV = "WEBDAV"
    S3 = "S3"
    HTTPS = "HTTPS"


class RequestStatus(StrEnum):
    """How a request stands or ended."""

    RUNNING = "RUNNING"
    OK = "OK"
    FAILED = "FAILED"
    TRUNCATED = "TRUNCATED"
    CLIENT_CLOSED = "CLIENT_CLOSED"
    REFUSED = "REFUSED"
    OTHER = "OTHER"


class RoutingStrategy(StrEnum):
    """How one of several is chosen; the others follow when it fails."""

    PRIORITY = "PRIORITY"
    WEIGHTED = "WEIGHTED"
    ROUND_ROBIN = "ROUND_ROBIN"
    RANDOM = "RANDOM"
    LEAST_USED = "LEAST_USED"
    COST_OPTIMIZED = "COST_OPTIMIZED"
    LATENCY_OPTIMIZED = "LATENCY_OPTIMIZED"
    TWO_CHOICES = "TWO_CHOICES"
    FILL_FIRST = "FILL_FIRST"
    LAST_KNOWN_GOOD = "LAST_KNOWN_GOOD"
    CONTEXT_OPTIMIZED = "CONTEXT_OPTIMIZED"
    CASCADE = "CASCADE"


class SyncAction(StrEnum):
    """What can be done."""

    ENABLE = "ENABLE"
    SYNC = "SYNC"
    DISABLE = "DISABLE"


class SyncSide(StrEnum):
    """Whose version of an object is to hold."""

    OURS = "OURS"
    THEIRS = "THEIRS"


class TargetPhase(StrEnum):
    """How a target stands."""

    READY = "READY"
    PROBING = "PROBING"
    COOLING = "COOLING"
    LOCKED = "LOCKED"


class ThinkingEffort(StrEnum):
    """How much to think in the mode ADAPTIVE, before the request is looked at."""

    NONE = "NONE"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class ThinkingMode(StrEnum):
    """What is done to what a client says on thinking."""

    PASSTHROUGH = "PASSTHROUGH"
    AUTO = "AUTO"
    CUSTOM = "CUSTOM"
    ADAPTIVE = "ADAPTIVE"


class UnknownPrice(StrEnum):
    """What becomes of a call whose price is not known, under a budget in dollars."""

    ALLOW = "ALLOW"
    DENY = "DENY"


class UsageBy(StrEnum):
    """What spans of usage are split by."""

    KEY = "KEY"
    MODEL = "MODEL"
    PROVIDER = "PROVIDER"
    CONNECTION = "CONNECTION"
    COMBO = "COMBO"


class UsageGrouping(StrEnum):
    """What usage is sorted by."""

    MODEL = "MODEL"
    PROVIDER = "PROVIDER"
    CONNECTION = "CONNECTION"
    KEY = "KEY"


class UsageStep(StrEnum):
    """How long a span of usage is."""

    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"


class Weekday(StrEnum):
    """A day of the week."""

    MON = "MON"
    TUE = "TUE"
    WED = "WED"
    THU = "THU"
    FRI = "FRI"
    SAT = "SAT"
    SUN = "SUN"


class WireFormat(StrEnum):
    """A wire format."""

    OPENAI_CHAT = "OPENAI_CHAT"
    OPENAI_RESPONSES = "OPENAI_RESPONSES"
    ANTHROPIC = "ANTHROPIC"
    GEMINI = "GEMINI"
    OLLAMA = "OLLAMA"
