from . import dunning_agree, dunning_fee_waive, dunning_forecast_line, dunning_hold
