"""Pages that are served as they lie here: markup, style and script, nothing fetched from elsewhere."""
