"""Reaching providers: who they are, how they want to be asked, what their failures mean, and where we never connect."""
