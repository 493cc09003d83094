from . import detail
from . import home
from . import methods
from . import payment
from . import payment_transaction
