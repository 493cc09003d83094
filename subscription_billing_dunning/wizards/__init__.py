from . import base_partner_merge, dunning_agree, dunning_fee_waive, dunning_hold
