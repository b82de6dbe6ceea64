"""What every layer may use: clock, ids, errors, settings, events, JSON. It knows nothing of gateways."""
