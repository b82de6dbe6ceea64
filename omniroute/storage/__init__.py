"""The database: the only place that speaks SQL. One repository a noun; values in, values out, secrets always sealed."""
