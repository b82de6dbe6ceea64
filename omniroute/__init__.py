"""OmniRoute: one self-hosted endpoint for many AI providers."""

__version__ = "0.1.0"
