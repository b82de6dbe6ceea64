"""The dashboard: a client of the GraphQL schema and of nothing else."""
