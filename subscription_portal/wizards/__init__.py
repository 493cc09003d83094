from . import subscription_erasure, subscription_invitation_send
