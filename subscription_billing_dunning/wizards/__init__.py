from . import dunning_fee_waive, dunning_hold
