"""What knows of every table: for dumps, migrations and their tests."""

from omniroute.storage import account_tables, tables, tables_operating
from omniroute.storage.metadata import metadata

__all__ = ["account_tables", "metadata", "tables", "tables_operating"]
