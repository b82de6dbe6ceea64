"""Wire formats. One hub of parts and events, one pure codec a format: no I/O, no clock, no ids drawn inside.

What belongs here: the meaning of bytes. What does not: providers, routing, HTTP. A codec never imports another.
"""
