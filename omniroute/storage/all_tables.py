"""What knows of every table: for dumps, migrations and their tests."""

from omniroute.storage import tables, tables_operating
from omniroute.storage.metadata import metadata

__all__ = ["metadata", "tables", "tables_operating"]
