/** Refuse a page that is wider than the screen. */
export function seeThePageFits(trigger) {
    return {
        content: "The page fits on the screen",
        trigger,
        run() {
            const {scrollWidth, clientWidth} = document.documentElement;
            if (scrollWidth > clientWidth) {
                throw new Error(
                    `It needs ${scrollWidth} px, and has ${clientWidth} px`
                );
            }
        },
    };
}

/** Wait until all of the page is there: one that is left earlier complains of it. */
export function seeTheMessages() {
    return {
        content: "The messages are there",
        trigger: "#discussion:has(#chatterRoot)",
    };
}

/** Press something that leads to another page. */
export function goOn(content, trigger) {
    return {content, trigger, run: "click", expectUnloadPage: true};
}

/** Enter the day in so many days. */
export function tellTheDay(name, days) {
    return {
        content: `Tell the day of ${name}`,
        trigger: `input[name='${name}']`,
        // A field that is empty cannot be edited as one of text is.
        run: ({anchor}) => {
            anchor.value = luxon.DateTime.utc().plus({days}).toISODate();
        },
    };
}
