"""What follows from the schema. Made by `./dev docs` from the GraphQL schema; changes belong there."""
