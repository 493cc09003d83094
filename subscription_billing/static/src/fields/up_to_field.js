import {FloatField, floatField} from "@web/views/fields/float/float_field";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

/** The last quantity of a tier; none for the tier that goes on without end. */
export class UpToField extends FloatField {
    get formattedValue() {
        if (this.value) {
            return super.formattedValue;
        }
        return this.props.readonly ? _t("and above") : "";
    }
}

registry.category("fields").add("subscription_up_to", {
    ...floatField,
    component: UpToField,
});
