"""Benchmarks: what the work costs, and whether the figures are right to the cent.

`./run bench NAME` prepares everything and starts `benchmarks/NAME.py`.
"""
