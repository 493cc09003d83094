/** Steps that several tours take, so that each tour reads as a story. */

/** Open an entry of the app's menu. */
export function openMenu(section, entry) {
    return [
        {
            content: `Open the menu ${section}`,
            trigger: `.o_menu_sections button[data-menu-xmlid='subscription_billing.${section}']`,
            run: "click",
        },
        {
            content: `Choose ${entry}`,
            trigger: `.o-dropdown--menu a[data-menu-xmlid='subscription_billing.${entry}']`,
            run: "click",
        },
    ];
}

/** Type into a many2one field and take what it suggests for these very words. */
export function choose(field, text, within = "") {
    return [
        {
            content: `Look for ${text}`,
            trigger: `${within} .o_field_widget[name='${field}'] input`,
            run: `edit ${text}`,
        },
        {
            content: `Take ${text}`,
            // What matches is marked; what was suggested before typing is not.
            trigger: `.o-autocomplete--dropdown-item .text-primary:contains(${text})`,
            run: "click",
        },
    ];
}

/** Add a line to an editable list inside a form, and wait for it. */
export function addLine(field) {
    const list = `.o_field_widget[name='${field}']`;
    return [
        {
            content: `Add a line to ${field}`,
            trigger: `${list} .o_field_x2many_list_row_add :is(a, button)`,
            async run({click, queryAll, waitUntil}) {
                const countLines = () => queryAll(`${list} .o_data_row`).length;
                const before = countLines();
                await click();
                await waitUntil(() => countLines() > before, {timeout: 5000});
            },
        },
        {
            content: "Wait for the empty line",
            trigger: `${list} .o_selected_row`,
        },
    ];
}

/** Save the form and wait until it is saved. */
export function save() {
    return [
        {
            content: "Save",
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            content: "Wait until it is saved",
            trigger: ".o_form_saved .o_field_widget[name='name']",
        },
    ];
}

/** Press a smart button, also where the form hides it behind "More". */
export function pressSmartButton(name) {
    return [
        {
            content: "Show all smart buttons",
            trigger: ".o-form-buttonbox",
            async run({queryFirst, click}) {
                const more = queryFirst(".o-form-buttonbox .o_button_more");
                if (more) {
                    await click(more);
                }
            },
        },
        {
            content: `Press the smart button ${name}`,
            trigger: `button[name='${name}']`,
            run: "click",
        },
    ];
}

/** Agree to what a dialog asks, after it has said `words`. */
export function agree(words) {
    return {
        content: `Agree to: ${words}`,
        trigger: `.modal:contains(${words}) .modal-footer .btn-primary`,
        run: "click",
    };
}

/** Wait until the form shows a record in a status. */
export function seeStatus(label) {
    return {
        content: `The status is ${label}`,
        // The body, because the arrow is still being enabled when its text is right.
        trigger: `body:has(.o_statusbar_status .o_arrow_button_current:contains(${label}))`,
    };
}

/** Look at what a dialog says will be invoiced, then confirm. */
export function previewAndConfirm(words) {
    return [
        {
            content: "Preview",
            trigger: ".modal-footer button[name='action_preview']",
            run: "click",
        },
        {
            content: `The preview says: ${words}`,
            trigger: `.modal .o_field_widget[name='preview']:contains(${words})`,
        },
        {
            content: "Confirm",
            trigger: ".modal-footer button[name='action_confirm_previewed']",
            run: "click",
        },
        {
            content: "The dialog is closed",
            trigger: "body:not(:has(.modal))",
        },
    ];
}

/** Choose an option that the form shows as a radio button. */
export function pick(field, label) {
    return {
        content: `Pick ${label}`,
        trigger: `.o_field_widget[name='${field}'] label:contains(${label})`,
        run: "click",
    };
}

/** Open a tab of the form. */
export function openTab(name) {
    return {
        content: `Open the tab ${name}`,
        trigger: `.o_notebook .nav-link[name='${name}']`,
        run: "click",
    };
}
