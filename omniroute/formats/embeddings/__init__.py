"""Embeddings: OpenAI's request and answer, and how each kind of provider is asked."""
