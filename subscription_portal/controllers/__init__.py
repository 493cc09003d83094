from . import detail
from . import home
