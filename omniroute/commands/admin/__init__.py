"""`omniroute admin`: rows that say what each command asks of a gateway, and how they are run and shown."""
