"""What AI clients send and get, as far as the OpenAPI document describes it: one module a wire format.

The formats are their vendors' own and grow by themselves: fields that are not named here pass through.
"""
