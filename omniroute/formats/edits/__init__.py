"""Small changes to a request's body in its own format, which leave everything else as the client wrote it.

Each returns a body with new values only where something changes, and never touches the one it was given. What is not
of the shape that the format asks for is left to whoever reads the body.
"""
