from . import (
    base_partner_merge,
    dunning_agree,
    dunning_case_file,
    dunning_fee_waive,
    dunning_forecast_line,
    dunning_hand_over,
    dunning_hold,
    dunning_write_off_wizard,
)
