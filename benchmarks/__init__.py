"""The load harness: how much CPU, time and memory the gateway adds, measured against a mock provider.

Start it with `python -m benchmarks`. benchmarks/README.md says how it measures and what to distrust.
"""
