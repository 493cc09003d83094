from . import subscription_erasure
