"""Command lines and editors that people use models with: found on this machine, and pointed at this gateway."""
