"""The management surface as one GraphQL schema, and the live feeds. It only translates: the rules are the services'.

A noun is one module: it shows the services' own dataclasses as types (`types.py`, `inputs.py`) and has three classes,
Query, Mutation and Subscription, as far as it needs them; `schema.py` puts them together.
"""
