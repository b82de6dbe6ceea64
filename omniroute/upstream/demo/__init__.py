"""The demo provider: an upstream that lives in the process, needs no key and no network, and is no AI.

It speaks the OpenAI chat format, so that everything after it (translation, streams, failover, usage) is the real
thing. Every answer says that it is a demo. It can be told to fail by the model's name or by a word in the text.
"""
