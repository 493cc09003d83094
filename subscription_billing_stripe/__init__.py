from . import const, controllers, models, wizards
