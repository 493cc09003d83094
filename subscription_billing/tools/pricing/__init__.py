"""Pricing models: what a quantity costs, and how that is worked out.

One model a file; ``rating.rate`` is the one way in.
"""
