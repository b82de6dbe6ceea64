"""Puts the parts together: storage → data plane → services. `app.py` starts and stops what is made here."""
