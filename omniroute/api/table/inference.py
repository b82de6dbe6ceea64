"""What AI clients call; served by the data plane, documented here."""

from omniroute.api import inference
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy
from omniroute.kit.errors import NotFound, TooMany, Unauthenticated, Unavailable, UpstreamFailed, UpstreamTimeout

OPERATIONS = (
    Operation(
        id="createChatCompletion",
        method="POST",
        path="/v1/chat/completions",
        tag="inference",
        summary="Chat in OpenAI's format, whole or as server-sent events",
        policy=Policy.INFERENCE,
        body=inference.CHAT_REQUEST,
        answer=inference.CHAT_ANSWER,
        errors=(Unauthenticated, NotFound, TooMany, UpstreamFailed, Unavailable, UpstreamTimeout),
        example={"model": "demo/echo", "messages": [{"role": "user", "content": "Hello"}]},
    ),
    Operation(
        id="listModels",
        method="GET",
        path="/v1/models",
        tag="inference",
        summary="List the models of the active connections",
        policy=Policy.INFERENCE,
        answer=inference.MODELS_ANSWER,
        errors=(Unauthenticated,),
    ),
    Operation(
        id="getModel",
        method="GET",
        path="/v1/models/{id}",
        tag="inference",
        summary="Show one model; its id may hold slashes",
        policy=Policy.INFERENCE,
        answer=inference.MODEL_ANSWER,
        errors=(Unauthenticated, NotFound),
    ),
)
