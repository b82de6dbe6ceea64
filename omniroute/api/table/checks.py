"""Real calls to upstreams, models of one's own, and the catalogue."""

from omniroute.api import checks, models
from omniroute.api.operation import Operation
from omniroute.edge.admission import Policy
from omniroute.kit.errors import NotFound, Unprocessable, UpstreamFailed

_CHECKS = (
    Operation(
        id="testConnection",
        method="POST",
        path="/api/providers/{id}/test",
        tag="providers",
        summary="Try a connection with a real call; a success ends its cooldown",
        policy=Policy.ADMIN,
        handler=checks.test,
        answer=checks.CheckResult,
        errors=(NotFound, Unprocessable),
    ),
    Operation(
        id="listConnectionModels",
        method="GET",
        path="/api/providers/{id}/models",
        tag="providers",
        summary="Ask a connection's provider which models it has",
        policy=Policy.ADMIN,
        handler=checks.models,
        answer=checks.UpstreamModels,
        errors=(NotFound, Unprocessable, UpstreamFailed),
    ),
    Operation(
        id="validateConnection",
        method="POST",
        path="/api/providers/validate",
        tag="providers",
        summary="Try what a connection would be made of; nothing is stored",
        policy=Policy.ADMIN,
        handler=checks.validate,
        body=checks.CheckedConnection,
        answer=checks.CheckResult,
        example={"provider": "demo"},
    ),
    Operation(
        id="validateNode",
        method="POST",
        path="/api/provider-nodes/validate",
        tag="providers",
        summary="Try what a node would be made of; nothing is stored",
        policy=Policy.ADMIN,
        handler=checks.validate_node,
        body=checks.CheckedNode,
        answer=checks.CheckResult,
        example={"baseUrl": "http://127.0.0.1:11434", "apiType": "ollama", "local": True},
    ),
)

_MODELS = (
    Operation(
        id="listCustomModels",
        method="GET",
        path="/api/provider-models",
        tag="providers",
        summary="List the models that operators added",
        policy=Policy.ADMIN,
        handler=models.show_custom,
        query=models.ModelsQuery,
        answer=models.CustomModelList,
    ),
    Operation(
        id="setCustomModel",
        method="POST",
        also=("PUT",),
        path="/api/provider-models",
        tag="providers",
        summary="Add a model to a provider or node, or change the one that is there",
        policy=Policy.ADMIN,
        handler=models.add,
        body=models.NewModel,
        answer=models.OneModel,
        example={"provider": "openai", "modelId": "my-fine-tune", "modelName": "Fine-tuned", "contextWindow": 128000},
    ),
    Operation(
        id="deleteCustomModel",
        method="DELETE",
        path="/api/provider-models",
        tag="providers",
        summary="Remove a model that an operator added",
        policy=Policy.ADMIN,
        handler=models.remove,
        query=models.ModelQuery,
        answer=models.Removed,
        asked={"provider": "openai", "model": "my-fine-tune"},
    ),
    Operation(
        id="getCatalog",
        method="GET",
        path="/api/models/catalog",
        tag="routing",
        summary="List all models that are known, by provider",
        policy=Policy.ADMIN,
        handler=models.catalog,
        answer=models.Catalog,
    ),
)

OPERATIONS: tuple[Operation, ...] = (*_CHECKS, *_MODELS)
