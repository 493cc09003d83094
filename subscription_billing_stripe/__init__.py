from . import const, models
