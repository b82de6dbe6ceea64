"""The management surface: REST under /api. It only translates between HTTP and the services."""
