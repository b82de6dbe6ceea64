"""What the commands do, once their words are read. Each module imports only what its commands need."""
