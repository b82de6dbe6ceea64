"""What requests share while the process runs: the bus of events, cooldowns. One interface, more homes than memory."""
