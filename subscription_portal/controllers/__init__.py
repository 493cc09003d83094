from . import detail, home, preferences
