from . import detail, home
