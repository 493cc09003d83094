from . import const, controllers, models
