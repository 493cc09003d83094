from . import cancel, detail, home, preferences
