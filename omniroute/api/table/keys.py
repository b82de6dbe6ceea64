"""The gateway's own keys."""

from omniroute.api import keys
from omniroute.api.operation import Operation, links
from omniroute.api.shapes import Done
from omniroute.edge.admission import Policy
from omniroute.kit.errors import NotFound

OPERATIONS = (
    Operation(
        id="listKeys",
        method="GET",
        path="/api/keys",
        tag="keys",
        summary="List the gateway's keys, masked",
        policy=Policy.ADMIN,
        handler=keys.show_all,
        answer=keys.KeyList,
    ),
    Operation(
        id="createKey",
        method="POST",
        path="/api/keys",
        tag="keys",
        summary="Make a key; its text is in this answer and never again",
        policy=Policy.ADMIN,
        handler=keys.create,
        body=keys.NewApiKey,
        answer=keys.CreatedKey,
        status=201,
        example={"name": "Laptop", "scopes": ["inference"], "rpm": 60, "allowedModels": ["openai/*"]},
        links=links("/id", "getKey", "updateKey", "rotateKey", "deleteKey"),
    ),
    Operation(
        id="getKey",
        method="GET",
        path="/api/keys/{id}",
        tag="keys",
        summary="Show one key, masked",
        policy=Policy.ADMIN,
        handler=keys.show,
        answer=keys.OneKey,
        errors=(NotFound,),
    ),
    Operation(
        id="updateKey",
        method="PUT",
        also=("PATCH",),
        path="/api/keys/{id}",
        tag="keys",
        summary="Change a key; what is left out stays",
        policy=Policy.ADMIN,
        handler=keys.update,
        body=keys.KeyUpdate,
        answer=keys.OneKey,
        errors=(NotFound,),
        example={"isActive": False},
        links=links("/key/id", "getKey", "deleteKey"),
    ),
    Operation(
        id="rotateKey",
        method="POST",
        path="/api/keys/{id}/rotate",
        tag="keys",
        summary="Give a key a new text, shown this once; the old one stays good for a while if wanted",
        policy=Policy.ADMIN,
        handler=keys.rotate,
        body=keys.Rotation,
        answer=keys.CreatedKey,
        errors=(NotFound,),
        example={"graceSeconds": 3600},
    ),
    Operation(
        id="deleteKey",
        method="DELETE",
        path="/api/keys/{id}",
        tag="keys",
        summary="Revoke a key for good",
        policy=Policy.ADMIN,
        handler=keys.delete,
        answer=Done,
        errors=(NotFound,),
    ),
)
