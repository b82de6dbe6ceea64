"""What a model is for. Chat has five formats; the others are spoken by clients in OpenAI's form alone."""

from enum import StrEnum


class Kind(StrEnum):
    """What a model is for, and with it what a request is."""

    CHAT = "chat"
    EMBEDDING = "embedding"
    IMAGE = "image"
    TRANSCRIPTION = "transcription"
    SPEECH = "speech"
    MODERATION = "moderation"
    RERANK = "rerank"
