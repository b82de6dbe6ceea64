"""What knows of every table: for dumps, migrations and their tests."""

from omniroute.storage import tables, tables_operating

metadata = tables.metadata

__all__ = ["metadata", "tables_operating"]
