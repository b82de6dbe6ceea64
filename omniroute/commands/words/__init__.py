"""Groups of commands as people type them."""
