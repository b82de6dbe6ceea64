"""A request of one format shown in another. Rows of the operation table."""

from omniroute.api import translation
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy

OPERATIONS = (
    Operation(
        id="translateRequest",
        method="POST",
        path="/api/translate",
        tag="routing",
        summary="Show a request of one format in another, and what it loses; nothing is sent",
        policy=Policy.ADMIN,
        handler=translation.translate,
        body=translation.NewTranslation,
        answer=translation.ShownTranslation,
        example={
            "source": "openai-chat",
            "target": "anthropic",
            "body": {"model": "coding", "seed": 7, "messages": [{"role": "user", "content": "Hello"}]},
        },
    ),
)
