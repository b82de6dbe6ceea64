"""A client for Python scripts: a gateway's queries, mutations and subscriptions by GraphQL, in types."""

from omniroute.client.blocking import Blocking
from omniroute.client.client import Client
from omniroute.client.errors import ClientError, Denied, Faulty, NotReachable, Refusal
from omniroute.client.following import Feed, Heard

__all__ = ["Blocking", "Client", "ClientError", "Denied", "Faulty", "Feed", "Heard", "NotReachable", "Refusal"]
