"""What the management surfaces share: who calls, from where, and whether they may."""
