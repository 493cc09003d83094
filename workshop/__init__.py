"""The workshop: what `./run` does to build, test, serve and measure the addons.

Standard library only, because it runs before anything has been installed.
"""
