"""The surface for AI clients: raw ASGI, before any middleware; each path speaks one format."""
