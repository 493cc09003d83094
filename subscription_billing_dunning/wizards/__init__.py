from . import dunning_agree, dunning_fee_waive, dunning_hold, dunning_write_off_wizard
