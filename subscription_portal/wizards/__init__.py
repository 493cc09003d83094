from . import subscription_invitation_send
