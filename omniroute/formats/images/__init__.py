"""Pictures: OpenAI's requests to make and to change them, and how each kind of provider is asked."""
