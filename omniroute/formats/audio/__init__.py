"""Sound: transcripts of it, and speech made of text, in OpenAI's form and as each kind of provider wants it."""
